// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/picture_header.h"

#include <cstdint>
#include <type_traits>

namespace feedline::inline checking {

/// What a check found out about one record, as it is kept between checks: it stands for a file of this name, size and
/// time.
struct RecordFacts {
  std::uint64_t name = 0;  ///< hash of the path
  std::uint64_t file_bytes = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t content = 0;  ///< hash of the bytes
  std::uint64_t through = 0;  ///< key of the nodes behind the decoder that it got through; 0: of none
  std::uint32_t width = 0;    ///< of the picture, upright; 0: none
  std::uint32_t height = 0;
  std::uint32_t fault = 0;  ///< 0: good; else its number in the list of faults, from 1
  PictureHeader header{};
  std::uint8_t low = 0;  ///< least and greatest value of its pixels, 0..255
  std::uint8_t high = 0;
  std::uint8_t known = 0;  ///< 0: nothing of this is
  std::uint8_t spare[6] = {};

  [[nodiscard]] bool is_of(std::uint64_t file_name, std::uint64_t bytes, std::int64_t time) const {
    return known != 0 && name == file_name && file_bytes == bytes && modified_ns == time;
  }
};
static_assert(sizeof(RecordFacts) == 64 && std::is_trivially_copyable_v<RecordFacts>);

}  // namespace feedline::inline checking
