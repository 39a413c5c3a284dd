// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/canvas.h"

#include "base/machine_fault.h"
#include "nodes/preprocess/codec/exif.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace feedline::inline nodes::codec {
namespace {

constexpr std::uint64_t kLongestSide = 65535;
constexpr std::size_t kScratchKept = std::size_t{64} << 20;

/// Memory for pictures that must still be turned; kept from record to record.
std::vector<std::uint8_t>& scratch() {
  thread_local std::vector<std::uint8_t> memory;
  return memory;
}

/// Where `region` of a width x height picture lies once the picture has been turned, or, `back`, where it lay before.
Region turned(Region region, std::int64_t width, std::int64_t height, const Turn& turn, bool back) {
  const auto mirror = [&] {
    if (turn.mirror_x) region.x = width - region.right();
    if (turn.mirror_y) region.y = height - region.bottom();
  };
  const auto swap = [&] {
    if (!turn.swap) return;
    std::swap(region.x, region.y);
    std::swap(region.width, region.height);
  };
  if (back) {
    swap();
    mirror();
  } else {
    mirror();
    swap();
  }
  return region;
}

}  // namespace

tl::unexpected<Error> no_memory() { return fail(machine_error(ENOMEM, "the picture cannot be decoded")); }

tl::unexpected<Error> Canvas::no_memory() const {
  if (width_ == 0) return codec::no_memory();
  const double megapixels = static_cast<double>(width_) * static_cast<double>(height_) / 1e6;
  Error error = machine_error(ENOMEM, fmt::format("a picture of {} x {} px ({:.1f} megapixels) cannot be decoded",
                                                  width_, height_, megapixels));
  error.remedy = fmt::format(
      "End other programs, use fewer workers, or lower max_megapixels of decode below {:.1f}, which leaves it out",
      megapixels);
  return fail(std::move(error));
}

Region intersection(const Region& a, const Region& b) {
  const std::int64_t x = std::max(a.x, b.x);
  const std::int64_t y = std::max(a.y, b.y);
  const std::int64_t width = std::min(a.right(), b.right()) - x;
  const std::int64_t height = std::min(a.bottom(), b.bottom()) - y;
  if (width <= 0 || height <= 0) return {};
  return {x, y, width, height};
}

Region widened(const Region& region, std::int64_t margin) {
  return {region.x - margin, region.y - margin, region.width + 2 * margin, region.height + 2 * margin};
}

Status Canvas::open(std::uint64_t width, std::uint64_t height, int orientation) {
  if (width == 0 || height == 0) return fail_record("a picture without pixels", "Delete it, or restore it");
  if (width > kLongestSide || height > kLongestSide || width * height > request_.max_pixels)
    return fail_record(fmt::format("a picture of {} x {} px ({:.1f} megapixels) is over the limit of {:.1f} megapixels",
                                   width, height, static_cast<double>(width) * static_cast<double>(height) / 1e6,
                                   static_cast<double>(request_.max_pixels) / 1e6),
                       "Shrink it, or raise max_megapixels of decode");
  width_ = static_cast<std::int64_t>(width);
  height_ = static_cast<std::int64_t>(height);
  orientation_ = orientation;
  want_all();
  if (request_.next == nullptr) return {};

  const Turn turn = turn_of(orientation_);
  const auto demand = turn.swap ? request_.next->demand(height_, width_) : request_.next->demand(width_, height_);
  if (!demand) return {};
  const Region region =
      intersection(wanted_, turned({demand->x, demand->y, demand->width, demand->height}, width_, height_, turn, true));
  if (region.width == 0) return {};
  wanted_ = region;
  for (const int eighths : {4, 2, 1})
    if (demand->scaled_width > 0 && demand->width * eighths / 8 >= demand->scaled_width && demand->scaled_height > 0 &&
        demand->height * eighths / 8 >= demand->scaled_height)
      eighths_ = eighths;
  return {};
}

void Canvas::want_all() {
  wanted_ = {0, 0, width_, height_};
  eighths_ = 8;
}

std::uint8_t* Canvas::begin(const Region& held, int eighths) {
  held_ = held;
  scale_ = eighths;
  const std::int64_t channels = request_.channels();
  const auto size = static_cast<std::size_t>(held.width * held.height * channels);
  if (orientation_ > 1) {
    if (scratch().size() < size) scratch().resize(size);
    pixels_ = scratch().data();
  } else {
    std::byte* to = out_.allocate(DType::U8, {held.height, held.width, channels}, Layout::HWC);
    pixels_ = reinterpret_cast<std::uint8_t*>(to);
  }
  if (request_.keep_damaged) std::memset(pixels_, kGap, size);
  return pixels_;
}

void Canvas::put_rgba(std::int64_t y, const std::uint8_t* rgba) {
  if (y < held_.y || y >= held_.bottom()) return;
  const auto width = static_cast<std::size_t>(held_.width);
  const auto row = static_cast<std::size_t>(y - held_.y);
  convert_rgba_row(rgba, width, request_, pixels_ + row * width * static_cast<std::size_t>(request_.channels()));
}

void Canvas::finish() {
  if (orientation_ > 1) {
    const bool swap = turn_of(orientation_).swap;
    std::byte* to = out_.allocate(
        DType::U8, {swap ? held_.width : held_.height, swap ? held_.height : held_.width, request_.channels()},
        Layout::HWC);
    turn_upright(pixels_, held_.width, held_.height, request_.channels(), orientation_,
                 reinterpret_cast<std::uint8_t*>(to));
    if (scratch().capacity() > kScratchKept) std::vector<std::uint8_t>().swap(scratch());
  }
  if (scale_ != 8 || held_ != Region{0, 0, width_, height_}) out_.set_part(part());
}

/// At a smaller scale the sides of the whole picture are no whole numbers, so a picture that is mirrored on its way
/// lies on the grid to within half a pixel only.
PicturePart Canvas::part() const {
  const Turn turn = turn_of(orientation_);
  const auto scaled = [&](std::int64_t side) { return (side * scale_ + 4) / 8; };
  const Region upright = turned(held_, scaled(width_), scaled(height_), turn, false);
  return {.whole_width = turn.swap ? height_ : width_,
          .whole_height = turn.swap ? width_ : height_,
          .x = upright.x,
          .y = upright.y,
          .eighths = scale_};
}

}  // namespace feedline::inline nodes::codec
