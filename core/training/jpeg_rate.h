// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include <string>

namespace feedline::inline training {

struct JpegRate {
  double megapixels_per_s = 0;  ///< on one core; 0: it failed
  std::string version{};        ///< of libjpeg-turbo
  std::string fault{};
};

[[nodiscard]] std::string libjpeg_turbo_version();
/// Decodes a made-up 1024×768 picture with libjpeg-turbo a few times and takes the best.
[[nodiscard]] JpegRate measure_jpeg_decode();

}  // namespace feedline::inline training
