// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// What feedline-pieces.so has, the one part that is linked with the sentencepiece library. Debian's build of that
// library exports a protobuf of its own, which would stand before the one that LibTorch is linked with and end any
// program that has both. So the module is loaded where nobody else sees its symbols (sentence_pieces.cpp), and all goes
// through these functions. None of them throws, and neither side frees what the other has allocated.

namespace feedline::inline nodes {

/// A model, known to the module alone.
struct ModuleModel;

/// Takes bytes that live for this call only. May throw std::bad_alloc, which the module hands on as a fault.
struct ModuleText {
  void* to = nullptr;
  void (*put)(void* to, const char* bytes, std::size_t count) = nullptr;
};

/// Takes ids, in the same way.
struct ModuleIds {
  void* to = nullptr;
  void (*put)(void* to, const int* ids, std::size_t count) = nullptr;
};

struct ModuleCalls {
  std::uint64_t version;  ///< kModuleCalls, which any change below changes

  /// The model whose serialized bytes these are; null: it is none, and `fault` says why.
  ModuleModel* (*load)(const char* bytes, std::size_t count, ModuleText fault);
  void (*release)(ModuleModel* model);
  /// How many pieces it has; their ids count from 0.
  int (*count)(const ModuleModel* model);
  /// The id that fills up, -1 where it has none.
  int (*pad)(const ModuleModel* model);
  /// From any thread. False: `fault` says why.
  bool (*encode)(const ModuleModel* model, const char* text, std::size_t count, ModuleIds ids, ModuleText fault);
  /// The text of an id in [0, count). False: `fault` says why.
  bool (*piece)(const ModuleModel* model, int id, ModuleText text, ModuleText fault);
  /// Learns a model of about `size` ids by `algorithm` ("unigram", "bpe") and puts its bytes. False: `fault` says why.
  bool (*learn)(const char* algorithm, std::int64_t size, const std::string_view* texts, std::size_t count,
                ModuleText model, ModuleText fault);
};

inline constexpr std::uint64_t kModuleCalls = 1;
/// The module, a file that lies beside the program, and the name in it: `extern "C" const ModuleCalls* NAME()`.
inline constexpr const char* kPiecesModule = "feedline-pieces.so";
inline constexpr const char* kPiecesEntry = "feedline_pieces";

}  // namespace feedline::inline nodes
