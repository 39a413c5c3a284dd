// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/levels.h"

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace feedline::inline nodes::codec {

const std::uint8_t* Levels::table() const {
  struct Known {
    ValueRange range{};
    std::vector<std::uint8_t> levels{};
  };
  thread_local std::array<Known, 2> known;  // of colours, and of opacity
  thread_local std::size_t oldest = 0;
  for (const Known& one : known)
    if (!one.levels.empty() && one.range == range_) return one.levels.data();
  Known& fresh = known[std::exchange(oldest, 1 - oldest)];
  fresh.levels.resize(65536);
  for (std::size_t value = 0; value < fresh.levels.size(); ++value)
    fresh.levels[value] = of(static_cast<double>(value));
  fresh.range = range_;
  return fresh.levels.data();
}

}  // namespace feedline::inline nodes::codec
