// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/tiff_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace feedline::inline nodes::codec {

/// What libtiff calls instead of the system.
struct TiffCalls {
  static TiffFile& of(thandle_t handle) { return *static_cast<TiffFile*>(handle); }

  static tmsize_t read(thandle_t handle, void* to, tmsize_t size) {
    TiffFile& file = of(handle);
    if (size <= 0 || file.at_ >= file.bytes_.size()) return 0;
    const std::size_t count = std::min<std::uint64_t>(static_cast<std::uint64_t>(size), file.bytes_.size() - file.at_);
    std::memcpy(to, file.bytes_.data() + file.at_, count);
    file.at_ += count;
    return static_cast<tmsize_t>(count);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return 0; }
  static toff_t seek(thandle_t handle, toff_t offset, int from) {
    TiffFile& file = of(handle);
    if (from == SEEK_CUR) offset += file.at_;
    if (from == SEEK_END) offset += file.bytes_.size();
    return file.at_ = offset;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return of(handle).bytes_.size(); }
};

int TiffFile::on_error(TIFF*, void* self, const char*, const char* format, va_list arguments) {
  auto& message = static_cast<TiffFile*>(self)->message_;
  if (message[0] != '\0') return 1;
  std::array<char, 160> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string_view said = text.data();
  if (said.find("custom tag") != std::string_view::npos) return 1;  // no pixel needs it: what fails comes later
  if (said.find("bytes, expected") != std::string_view::npos) said = "the file ends too early";
  const std::string_view name = "picture: ";  // as it is called below
  if (said.starts_with(name)) said.remove_prefix(name.size());
  message[said.copy(message.data(), message.size() - 1)] = '\0';
  return 1;
}

/// libtiff's own warnings are about odd headers. Those of libjpeg are about lost pixels.
int TiffFile::on_warning(TIFF*, void* self, const char* module, const char* format, va_list arguments) {
  if (module == nullptr || std::string_view(module) != "JPEGLib") return 1;
  std::array<char, 160> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  const std::string_view said = text.data();
  auto& file = *static_cast<TiffFile*>(self);
  if (said.find("Corrupt JPEG data") == std::string_view::npos && said.find("Premature end") == std::string_view::npos)
    return 1;
  file.damaged_ = true;
  if (file.message_[0] == '\0') file.message_ = text;
  return 1;
}

TiffFile::TiffFile(Bytes bytes, std::uint64_t most_bytes) : bytes_(bytes) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  if (!options) return;
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, this);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(most_bytes));
#if TIFFLIB_VERSION >= 20240911  // 4.7
  TIFFOpenOptionsSetMaxCumulatedMemAlloc(options.get(), static_cast<tmsize_t>(2 * most_bytes));
#endif
  // Not as a memory map (m): libtiff then trusts sizes that it would have to read otherwise.
  tiff_.reset(TIFFClientOpenExt("picture", "rm", this, TiffCalls::read, TiffCalls::write, TiffCalls::seek,
                                TiffCalls::close, TiffCalls::size, nullptr, nullptr, options.get()));
}

std::uint16_t TiffFile::number(std::uint32_t tag) const {
  std::uint16_t value = 0;
  return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) != 0 ? value : std::uint16_t{0};
}

std::uint32_t TiffFile::wide(std::uint32_t tag) const {
  std::uint32_t value = 0;
  return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) != 0 ? value : 0;
}

int TiffFile::first_extra() const {
  std::uint16_t count = 0;
  const std::uint16_t* kinds = nullptr;
  if (TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds) == 0 || count == 0 || kinds == nullptr)
    return -1;
  return kinds[0];
}

}  // namespace feedline::inline nodes::codec
