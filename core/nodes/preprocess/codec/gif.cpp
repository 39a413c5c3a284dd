// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/canvas.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <gif_lib.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline nodes::codec {
namespace {

/// The first frame of a GIF, row by row. giflib itself allocates colour tables and a fixed LZW state only.
class GifReader {
 public:
  explicit GifReader(Bytes bytes) : bytes_(bytes) {
    int error = 0;
    gif_.reset(DGifOpen(this, on_read, &error));
    if (!gif_) error_ = error;
  }

  /// Everything up to the first frame's pixels.
  bool read_header() {
    if (!gif_) return false;
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    while (type != IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetRecordType(gif_.get(), &type) == GIF_ERROR || type == TERMINATE_RECORD_TYPE) return false;
      if (type == EXTENSION_RECORD_TYPE && !read_extension()) return false;
    }
    return DGifGetImageDesc(gif_.get()) != GIF_ERROR;
  }

  bool read_row(std::uint8_t* indices) {
    in_pixels_ = true;
    return DGifGetLine(gif_.get(), indices, frame().Width) != GIF_ERROR;
  }

  [[nodiscard]] const GifImageDesc& frame() const { return gif_->Image; }
  /// Some files declare a screen that is smaller than their frame; the frame counts.
  [[nodiscard]] int width() const { return std::max(gif_->SWidth, frame().Left + frame().Width); }
  [[nodiscard]] int height() const { return std::max(gif_->SHeight, frame().Top + frame().Height); }

  /// R, G, B, A of every index.
  [[nodiscard]] std::array<std::array<std::uint8_t, 4>, 256> palette() const {
    std::array<std::array<std::uint8_t, 4>, 256> colours{};
    for (auto& colour : colours) colour = {0, 0, 0, 255};
    const ColorMapObject* map = frame().ColorMap != nullptr ? frame().ColorMap : gif_->SColorMap;
    for (int i = 0; map != nullptr && i < std::min(map->ColorCount, 256); ++i)
      colours[static_cast<std::size_t>(i)] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue, 255};
    if (transparent_ >= 0 && transparent_ < 256) colours[static_cast<std::size_t>(transparent_)][3] = 0;
    return colours;
  }
  /// What shows where the frame does not reach.
  [[nodiscard]] std::array<std::uint8_t, 4> background() const {
    const ColorMapObject* map = gif_->SColorMap;
    if (map == nullptr || gif_->SBackGroundColor >= map->ColorCount) return {0, 0, 0, 0};
    const GifColorType& colour = map->Colors[gif_->SBackGroundColor];
    return {colour.Red, colour.Green, colour.Blue, 0};
  }
  [[nodiscard]] bool no_memory() const { return (gif_ ? gif_->Error : error_) == D_GIF_ERR_NOT_ENOUGH_MEM; }
  [[nodiscard]] std::string message() const {
    if (short_) return "the file ends too early";
    if ((gif_ ? gif_->Error : error_) == D_GIF_ERR_READ_FAILED) return "its data are damaged";
    const char* text = GifErrorString(gif_ ? gif_->Error : error_);
    return text != nullptr ? text : "it has no frame";
  }

 private:
  struct Close {
    void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
  };

  static int on_read(GifFileType* gif, GifByteType* to, int length) {
    auto* self = static_cast<GifReader*>(gif->UserData);
    if (self->in_pixels_) {
      // Pixels come in blocks: a length, and so many bytes. Behind the last pixel giflib looks for a block of length 0;
      // a file that ends there has all the same.
      const bool is_length = std::exchange(self->block_follows_, !self->block_follows_) == false;
      if (is_length && length == 1 && self->at_ == self->bytes_.size()) {
        *to = 0;
        self->block_follows_ = false;
        self->short_ = true;
        return 1;
      }
      if (is_length && length == 1 && self->bytes_[self->at_] == std::byte{0}) self->block_follows_ = false;
    }
    const std::size_t wanted = std::min(static_cast<std::size_t>(std::max(length, 0)), self->bytes_.size() - self->at_);
    if (wanted > 0) std::memcpy(to, self->bytes_.data() + self->at_, wanted);
    self->at_ += wanted;
    if (wanted < static_cast<std::size_t>(std::max(length, 0))) self->short_ = true;
    return static_cast<int>(wanted);
  }

  bool read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its first byte is its length
    if (DGifGetExtension(gif_.get(), &code, &block) == GIF_ERROR) return false;
    while (block != nullptr) {
      GraphicsControlBlock control{};
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
        transparent_ = control.TransparentColor;
      if (DGifGetExtensionNext(gif_.get(), &block) == GIF_ERROR) return false;
    }
    return true;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool short_ = false;
  bool in_pixels_ = false;
  bool block_follows_ = false;
  int error_ = 0;
  int transparent_ = NO_TRANSPARENT_COLOR;
  std::unique_ptr<GifFileType, Close> gif_{};
};

tl::unexpected<Error> broken_gif(const std::string& message) {
  return fail_record("a GIF picture that cannot be read: " + message, "Restore the file, or convert it to PNG");
}

/// Row numbers in the order in which an interlaced frame stores them. Source: GIF89a specification, appendix E.
std::vector<int> row_order(int height, bool interlaced) {
  std::vector<int> rows;
  rows.reserve(static_cast<std::size_t>(height));
  const std::array<std::array<int, 2>, 4> passes = {{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
  for (const auto [first, step] : passes) {
    if (interlaced)
      for (int y = first; y < height; y += step) rows.push_back(y);
    else if (first == 0)
      for (int y = 0; y < height; ++y) rows.push_back(y);
  }
  return rows;
}

}  // namespace

Status decode_gif(Bytes bytes, Canvas& canvas) {
  GifReader reader(bytes);
  if (!reader.read_header()) return reader.no_memory() ? no_memory() : broken_gif(reader.message());
  const GifImageDesc frame = reader.frame();
  if (frame.Width <= 0 || frame.Height <= 0 || frame.Left < 0 || frame.Top < 0)
    return broken_gif("its first frame has no pixels");
  if (Status ok = canvas.open(static_cast<std::uint64_t>(reader.width()), static_cast<std::uint64_t>(reader.height()));
      !ok)
    return ok;
  (void)canvas.begin();

  const Region& wanted = canvas.wanted();
  const auto palette = reader.palette();
  std::vector<std::uint8_t> row(static_cast<std::size_t>(wanted.width) * 4);
  const auto background = reader.background();
  for (std::size_t x = 0; x < row.size(); ++x) row[x] = background[x % 4];
  for (std::int64_t y = wanted.y; y < wanted.bottom(); ++y)
    if (y < frame.Top || y >= frame.Top + frame.Height) canvas.put_rgba(y, row.data());

  const std::int64_t begin = std::max<std::int64_t>(wanted.x, frame.Left);
  const std::int64_t end = std::min<std::int64_t>(wanted.right(), frame.Left + frame.Width);
  std::vector<std::uint8_t> indices(static_cast<std::size_t>(frame.Width));
  for (const int y : row_order(frame.Height, frame.Interlace)) {
    if (!frame.Interlace && frame.Top + y >= wanted.bottom()) break;
    if (!reader.read_row(indices.data())) {
      if (canvas.request().keep_damaged) return {};
      if (reader.no_memory()) return no_memory();
      return broken_gif(reader.message());
    }
    for (std::int64_t x = begin; x < end; ++x)
      std::memcpy(row.data() + (x - wanted.x) * 4, palette[indices[static_cast<std::size_t>(x - frame.Left)]].data(),
                  4);
    canvas.put_rgba(frame.Top + y, row.data());
  }
  return {};
}

}  // namespace feedline::inline nodes::codec
