// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/crop_window.h"

#include <algorithm>
#include <cmath>

namespace feedline::inline nodes {
namespace {

std::int64_t side(double length, std::int64_t limit) {
  return std::clamp<std::int64_t>(std::llround(length), 1, limit);
}

CropWindow centred(const PictureSize& picture, std::int64_t width, std::int64_t height) {
  return {(picture.width - width) / 2, (picture.height - height) / 2, width, height};
}

}  // namespace

CropWindow random_window(const PictureSize& picture, const CropLimits& limits, Rng& rng) {
  const double area = static_cast<double>(picture.pixels());
  const double log_min = std::log(limits.ratio_min);
  const double log_max = std::log(limits.ratio_max);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * rng.uniform(limits.scale_min, limits.scale_max);
    const double ratio = std::exp(rng.uniform(log_min, log_max));
    const std::int64_t width = std::llround(std::sqrt(target * ratio));
    const std::int64_t height = std::llround(std::sqrt(target / ratio));
    if (width < 1 || height < 1 || width > picture.width || height > picture.height) continue;
    const auto y = rng.below(static_cast<std::uint32_t>(picture.height - height + 1));
    const auto x = rng.below(static_cast<std::uint32_t>(picture.width - width + 1));
    return {x, y, width, height};
  }
  const double ratio = static_cast<double>(picture.width) / static_cast<double>(picture.height);
  return centre_window(picture, std::clamp(ratio, limits.ratio_min, limits.ratio_max));
}

CropWindow centre_window(const PictureSize& picture, double ratio, double share) {
  const double width = static_cast<double>(picture.width);
  const double height = static_cast<double>(picture.height);
  const double fitted = std::min(width, height * ratio);
  return centred(picture, side(fitted * share, picture.width), side(fitted / ratio * share, picture.height));
}

PictureDemand demand_of(const CropWindow& window, std::int64_t width, std::int64_t height) {
  return {.x = window.x,
          .y = window.y,
          .width = window.width,
          .height = window.height,
          .scaled_width = width,
          .scaled_height = height};
}

CropWindow window_in(const Datum& picture, const CropWindow& window) {
  const PicturePart* part = picture.part();
  if (!part) return window;
  const bool planar = picture.layout() == Layout::CHW;
  const std::int64_t height = picture.dim(planar ? 1 : 0);
  const std::int64_t width = picture.dim(planar ? 2 : 1);
  const auto scaled = [&](std::int64_t place) { return (place * part->eighths + 4) / 8; };
  const std::int64_t left = std::clamp<std::int64_t>(scaled(window.x) - part->x, 0, width - 1);
  const std::int64_t top = std::clamp<std::int64_t>(scaled(window.y) - part->y, 0, height - 1);
  const std::int64_t right = std::clamp<std::int64_t>(scaled(window.x + window.width) - part->x, left + 1, width);
  const std::int64_t bottom = std::clamp<std::int64_t>(scaled(window.y + window.height) - part->y, top + 1, height);
  return {left, top, right - left, bottom - top};
}

}  // namespace feedline::inline nodes
