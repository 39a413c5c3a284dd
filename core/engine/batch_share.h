// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace feedline::inline engine {

/// Consecutive rows of a batch.
struct Rows {
  std::int64_t first = 0;
  std::int64_t count = 0;
  [[nodiscard]] bool operator==(const Rows&) const = default;
};

/// One of the parts that the rows of a batch are divided into: as even as may be, and part 0 has no fewer than any
/// other.
[[nodiscard]] constexpr Rows rows_of(std::int64_t rows, std::size_t part, std::size_t parts) {
  const auto all = static_cast<std::int64_t>(parts);
  const auto begin = [&](std::int64_t i) { return (rows * i + all - 1) / all; };
  const auto at = static_cast<std::int64_t>(part);
  return {begin(at), begin(at + 1) - begin(at)};
}

/// Which part of each batch a pipeline prepares: that of one process of several that learn from a batch together.
struct BatchShare {
  std::size_t part = 0;
  std::size_t parts = 1;
  [[nodiscard]] bool all() const { return parts <= 1; }
  [[nodiscard]] Rows of(std::int64_t rows) const { return rows_of(rows, part, parts); }
  [[nodiscard]] bool operator==(const BatchShare&) const = default;
};

}  // namespace feedline::inline engine
