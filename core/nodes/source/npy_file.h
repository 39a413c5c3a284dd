// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/archive_member.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// The beginning of a .npy file. Source: NumPy, "NEP 1 - A simple file format for NumPy arrays".
struct NpyHeader {
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape{};  ///< of the whole array
  std::size_t bytes = 0;              ///< of the header itself

  /// Bytes of the header as its first twelve declare; 0: they are none.
  [[nodiscard]] static std::size_t length_of(std::span<const std::byte> head);
  /// Errors name `path`: no .npy file, a type that cannot be read (big-endian, strings, objects, complex numbers),
  /// columns first, absurd sizes.
  [[nodiscard]] static Result<NpyHeader> parse(std::span<const std::byte> head, const std::string& path);
  [[nodiscard]] std::uint64_t item_bytes() const;
  [[nodiscard]] std::uint64_t data_bytes() const;
};

/// An array of a .npy file, or a member of an .npz file, whose items (along the first dimension) are read when they are
/// asked for. A deflated member is unpacked into the cache folder, once.
class NpyFile {
 public:
  /// Which of several arrays is taken where no name is given.
  enum class Wanted : std::uint8_t { Items, Labels };

  /// `array`: name of a member of an .npz file, with .npy or without; empty: by the usual names and shapes. Errors name
  /// the file: missing, those of NpyHeader, sizes that do not fit, items of over 256 MiB, no items, no such array;
  /// stopped.
  [[nodiscard]] static Result<NpyFile> open(const std::string& path, const std::string& array, Wanted wanted,
                                            const SourceContext& context);

  [[nodiscard]] std::uint64_t count() const { return static_cast<std::uint64_t>(header_.shape.front()); }
  [[nodiscard]] DType dtype() const { return header_.dtype; }
  /// Dimensions of one item.
  [[nodiscard]] std::span<const std::int64_t> item_dims() const { return std::span(header_.shape).subspan(1); }
  [[nodiscard]] std::size_t item_bytes() const { return static_cast<std::size_t>(header_.item_bytes()); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Copies items [first, first + to.size() / item_bytes()). Record error: the file has become shorter.
  Status read(std::uint64_t first, std::span<std::byte> to) const;

 private:
  Status open_member(std::uint64_t size, const FileFacts& facts, const std::string& array, Wanted wanted,
                     const SourceContext& context);
  Status unpack(const ArchiveMember& member, const FileFacts& facts, const SourceContext& context);
  Status read_header(std::uint64_t begin, std::uint64_t bytes);

  std::string path_{};  ///< as the user gave it
  File file_{};
  NpyHeader header_{};
  std::uint64_t data_at_ = 0;
};

/// `count` numbers of any type as f32.
void npy_to_floats(DType dtype, const std::byte* from, std::size_t count, float* to);

}  // namespace feedline::inline nodes
