// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/bit_ranks.h"
#include "plan/record_codes.h"
#include "plan/record_split.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace feedline::inline plan {

/// Draws the records of each class equally often, whatever their number. In an epoch the classes take turns, in an
/// order that is shuffled as a whole. Of a class, its records come in a seeded order of their own; when all have come,
/// in another one. So over the epochs each record of a class is drawn equally often, to within one, and what comes at a
/// position follows from seed, epoch and position alone.
///
/// Where the n-th record of a class lies is found in a wavelet matrix (Claude, Navarro, Ordóñez, "The wavelet matrix:
/// an efficient wavelet tree for large alphabets", Information Systems 47, 2015): for C classes log2(C) bits a record.
class BalancedDraw {
 public:
  /// Of the records in `chosen`, or of all where it is null. Those without a class are never drawn; there must be one
  /// with one. Once `stop` is asked for, nothing can be drawn.
  BalancedDraw(const RecordCodes& labels, std::size_t classes, std::shared_ptr<const RecordSelection> chosen,
               const std::stop_token& stop = {});

  struct Drawn {
    std::uint64_t record = 0;
    std::uint64_t again = 0;  ///< differs each time that it comes in an epoch; 0 in the first round of its class
  };
  /// `position` below `count`, the draws of an epoch; epochs from 1.
  [[nodiscard]] Drawn draw(std::uint64_t seed, std::uint32_t epoch, std::uint64_t position, std::uint64_t count) const;

 private:
  template <class Code>
  void build(const RecordCodes& labels, const std::vector<std::uint32_t>& dense, std::uint32_t unlabelled,
             const std::stop_token& stop);
  [[nodiscard]] std::uint64_t find(std::size_t drawn, std::uint64_t nth) const;

  std::shared_ptr<const RecordSelection> chosen_;
  std::vector<BitRanks> levels_{};       ///< the highest bit first
  std::vector<std::uint64_t> zeros_{};   ///< of each level
  std::vector<std::uint64_t> begins_{};  ///< of each class with records, in the last level's order
  std::vector<std::uint64_t> sizes_{};   ///< their records
};

}  // namespace feedline::inline plan
