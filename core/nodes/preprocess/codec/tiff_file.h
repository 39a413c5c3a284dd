// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/preprocess/codec/codec.h"

#include <array>
#include <cstdarg>
#include <cstdint>
#include <memory>
#include <string>
#include <tiffio.h>

namespace feedline::inline nodes::codec {

/// The first page of a TIFF file in memory, by libtiff: its header, and its stored samples in pieces. Used by one
/// thread. `most_bytes`: more than this libtiff does not take at once, whatever the file declares.
class TiffFile {
 public:
  TiffFile(Bytes bytes, std::uint64_t most_bytes);
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  /// False: no TIFF file, or one whose directory is damaged. See message().
  [[nodiscard]] bool is_open() const { return tiff_ != nullptr; }
  [[nodiscard]] TIFF* get() const { return tiff_.get(); }

  /// A field of the header, its default where the file has none.
  [[nodiscard]] std::uint16_t number(std::uint32_t tag) const;
  [[nodiscard]] std::uint32_t wide(std::uint32_t tag) const;
  /// The kind of the first extra sample (EXTRASAMPLE_...); -1: there is none.
  [[nodiscard]] int first_extra() const;

  /// Did a codec say that pixels are lost, and go on?
  [[nodiscard]] bool damaged() const { return damaged_; }
  /// What libtiff complained about first.
  [[nodiscard]] std::string message() const {
    return message_[0] == '\0' ? "its directory is damaged" : message_.data();
  }

 private:
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };
  static int on_error(TIFF*, void* self, const char* module, const char* format, va_list arguments);
  static int on_warning(TIFF*, void* self, const char* module, const char* format, va_list arguments);

  Bytes bytes_;
  std::uint64_t at_ = 0;
  bool damaged_ = false;
  std::array<char, 160> message_{};
  std::unique_ptr<TIFF, Close> tiff_{};

  friend struct TiffCalls;
};

}  // namespace feedline::inline nodes::codec
