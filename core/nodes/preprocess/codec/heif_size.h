// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/preprocess/codec/codec.h"

#include <algorithm>
#include <cstdint>

namespace feedline::inline nodes::codec {

/// A number of pixels, by its sides.
struct Extent {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  [[nodiscard]] std::uint64_t pixels() const {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 30U;
    return std::min(width, kMost) * std::min(height, kMost);
  }
};

/// What a HEIC or AVIF file says of the size of its pictures, twice: in the boxes that programs look at (ispe), and in
/// the sequence headers of its coded data (HEVC: sequence parameter sets in hvcC and among the NAL units of an item;
/// AV1: sequence headers in av1C and among the OBUs of an item), by which a decoder takes its memory.
struct HeifSizes {
  Extent declared{};     ///< the greatest ispe
  Extent coded{};        ///< the greatest sequence header
  bool tangled = false;  ///< items overlap so much that not all of them were looked into
  /// A decoder would take memory for far more pixels than any box declares: both are the same in an honest file, but
  /// for a margin of less than a block.
  [[nodiscard]] bool absurd() const { return tangled || coded.pixels() > 4 * declared.pixels() + 512 * 512; }
};

/// Reads headers only. What it does not understand says nothing: libheif judges that.
[[nodiscard]] HeifSizes heif_sizes(Bytes file);

}  // namespace feedline::inline nodes::codec
