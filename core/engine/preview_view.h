// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/preview.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline engine {

/// How the value is best looked at.
[[nodiscard]] PreviewForm form_of(const PreviewValue& value);

/// Pixels, three bytes each (red, green, blue), row by row.
struct Raster {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<std::uint8_t> rgb{};
};

/// What the shades mean.
struct Shades {
  double low = 0;   ///< shown darkest
  double high = 0;  ///< shown brightest
};

/// Of a Picture: bytes as they are; real numbers spread between the value's least and greatest finite one.
[[nodiscard]] Raster picture_of(const PreviewValue& value, Shades* shades = nullptr);
/// Of Maps: the first `most` channels. All share one scale, from the least to the greatest number of the whole value.
[[nodiscard]] std::vector<Raster> maps_of(const PreviewValue& value, std::size_t most, Shades* shades = nullptr);
/// Maps side by side in rows, `gap` pixels apart, each pixel drawn `scale` pixels wide.
[[nodiscard]] Raster sheet_of(const std::vector<Raster>& maps, std::size_t columns, std::int64_t scale,
                              std::int64_t gap);

/// All numbers of a value.
struct Distribution {
  std::uint64_t count = 0;
  std::uint64_t not_finite = 0;  ///< infinite or no number; left out of all that follows
  double least = 0;
  double greatest = 0;
  double mean = 0;
  double stddev = 0;
  std::vector<std::uint64_t> bins{};  ///< equal parts of [least, greatest]
};
[[nodiscard]] Distribution distribution_of(const PreviewValue& value, std::size_t bins = 48);

/// The value in words: a text itself, ids, a number, or the first few of many; at most `most` bytes, cut between
/// characters.
[[nodiscard]] std::string words_of(const PreviewValue& value, std::size_t most = 4000);

}  // namespace feedline::inline engine
