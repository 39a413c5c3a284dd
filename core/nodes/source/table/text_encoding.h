// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "nodes/source/gzip.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

inline constexpr std::string_view kUtf8 = "UTF-8";

/// How far `text` is valid UTF-8: its size, or the offset of the first byte that begins no character. A character that
/// the end of the text cuts off is valid as far as it goes if `cut`.
[[nodiscard]] std::size_t valid_utf8(std::string_view text, bool cut = false);
[[nodiscard]] inline bool is_utf8(std::string_view text) {
  unsigned char all = 0;  // most cells are short and ASCII
  for (const char c : text) all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return all < 0x80 || valid_utf8(text) == text.size();
}

/// What a file's first bytes tell of its encoding.
struct EncodingGuess {
  std::string name{};    ///< as ICU names it; empty: UTF-8 as far as it was seen
  std::size_t mark = 0;  ///< bytes of a byte order mark in front
  bool is_text = true;   ///< false: zero bytes in it, and no UTF-16 or UTF-32 either
  std::string packed{};  ///< "zip", "bzip2", ...: the format of another kind of file, by its first bytes
};

/// Byte order marks first, then where zero bytes stand, then whether it is UTF-8, and only then ICU's statistics.
[[nodiscard]] EncodingGuess guess_encoding(std::string_view head);

/// ICU's statistics of a piece that is no UTF-8: its best guess, windows-1252 where it has none. UTF-8 where most of
/// what is beyond ASCII is UTF-8: then the piece is damaged, and no other encoding makes it better.
[[nodiscard]] std::string guess_legacy_encoding(std::string_view piece);

/// Turns text of any encoding into UTF-8, piece by piece. What is no text in it becomes U+FFFD.
class Utf8Converter {
 public:
  /// Error, at the parameter `encoding`: there is no such encoding.
  [[nodiscard]] static Result<Utf8Converter> make(const std::string& encoding);
  ~Utf8Converter();
  Utf8Converter(Utf8Converter&& other) noexcept;
  Utf8Converter& operator=(Utf8Converter&&) = delete;

  /// `last`: nothing follows. The sink gets at most 256 KiB at a time.
  Status take(std::span<const std::byte> bytes, bool last, const ByteSink& sink);

 private:
  struct Impl;
  explicit Utf8Converter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace feedline::inline nodes
