// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/random.h"
#include "nodes/preprocess/picture.h"
#include "schema/behaviour.h"

#include <cstdint>

namespace feedline::inline nodes {

/// A rectangle of a picture, in pixels; never empty, always inside.
struct CropWindow {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  bool operator==(const CropWindow&) const = default;
};

/// How large and how oblong a random window may be.
struct CropLimits {
  double scale_min = 0.08;  ///< share of the picture's area
  double scale_max = 1.0;
  double ratio_min = 3.0 / 4;  ///< width / height
  double ratio_max = 4.0 / 3;
};

/// A window of random area and aspect ratio at a random place: ten tries, then the largest centred one whose ratio is
/// allowed. Source: torchvision's RandomResizedCrop, after Szegedy et al., "Going deeper with convolutions", 2015.
[[nodiscard]] CropWindow random_window(const PictureSize& picture, const CropLimits& limits, Rng& rng);

/// The largest centred window of the aspect ratio width / height, shrunk to `share` of its sides. Resizing it gives
/// what "resize the shorter side, then cut out the centre" gives, without computing the pixels that are cut off.
[[nodiscard]] CropWindow centre_window(const PictureSize& picture, double ratio, double share = 1.0);

/// What a node demands that cuts out `window` and scales it to width x height.
[[nodiscard]] PictureDemand demand_of(const CropWindow& window, std::int64_t width, std::int64_t height);

/// Where a window of the whole picture lies in a value that may hold only a part of it, perhaps at a smaller scale; to
/// the nearest pixel, never empty, always inside.
[[nodiscard]] CropWindow window_in(const Datum& picture, const CropWindow& window);

}  // namespace feedline::inline nodes
