// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace feedline::inline nodes::codec {

/// Which stored values become black and white.
struct ValueRange {
  double low = 0;
  double high = 65535;
  bool operator==(const ValueRange&) const = default;
};

/// Stored values to 0..255: linearly within a range, cut off outside of it. What is no number becomes 0.
class Levels {
 public:
  explicit Levels(const ValueRange& range) : range_(range), low_(range.low), scale_(255 / (range.high - range.low)) {}

  [[nodiscard]] std::uint8_t of(double value) const {
    const double level = (value - low_) * scale_;
    if (!(level > 0)) return 0;
    return level < 255 ? static_cast<std::uint8_t>(level + 0.5) : std::uint8_t{255};
  }
  /// of() of 0..65535; stays valid on this thread until it asks for two other ranges.
  [[nodiscard]] const std::uint8_t* table() const;

 private:
  ValueRange range_;
  double low_;
  double scale_;
};

}  // namespace feedline::inline nodes::codec
