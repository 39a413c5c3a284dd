// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/datum.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::inline nodes {

/// Mean and standard deviation of each channel over the pixels of pictures.
///
/// Bytes are summed as whole numbers (their sum and that of their squares), so the result is exact whatever the order,
/// and is rounded once. For f32, the mean and the sum of squared differences from it are computed picture by picture in
/// two passes and then merged pairwise, which does not cancel. Source: T. F. Chan, G. H. Golub, R. J. LeVeque,
/// "Algorithms for computing the sample variance: analysis and recommendations", The American Statistician 37, 1983,
/// section 3 (the pairwise rule) and section 2 (two passes).
class ChannelMoments {
 public:
  /// Takes up a picture, u8 or f32, HWC or CHW. Record errors: no picture, a number that is not finite, another number
  /// of channels than those before it.
  Status add(const Datum& picture);
  /// Takes up those of other pictures, which follow. Error: they have another number of channels, or of type.
  Status merge(const ChannelMoments& next);

  [[nodiscard]] std::size_t channels() const { return channels_.size(); }
  /// Pixels of each channel.
  [[nodiscard]] std::uint64_t pixels() const { return channels_.empty() ? 0 : channels_.front().count; }
  /// Of each channel; bytes count in units of 1/255. Call only when there are pixels.
  [[nodiscard]] std::vector<double> means() const;
  /// Of all pixels (divided by their number, not by one less). 0 for a channel of one value.
  [[nodiscard]] std::vector<double> deviations() const;

 private:
  struct Channel {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;  ///< of bytes
    std::uint64_t squares = 0;
    double mean = 0;    ///< of f32
    double spread = 0;  ///< sum of squared differences from the mean
  };
  template <class T>
  static bool add_channel(const T* from, std::size_t pixels, std::size_t stride, Channel& channel);

  std::vector<Channel> channels_{};
  bool bytes_ = true;
};

}  // namespace feedline::inline nodes
