// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "plan/balanced_draw.h"

#include "base/random.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <utility>

namespace feedline::inline plan {
namespace {

/// Is it to stop? Looked at every so many records.
bool told_to_stop(const std::stop_token& stop, std::uint64_t record) {
  constexpr std::uint64_t kDrawnBetweenLooks = 1 << 20;
  return record % kDrawnBetweenLooks == 0 && stop.stop_requested();
}

/// A seed for one class (the finaliser of splitmix64).
std::uint64_t class_seed(std::uint64_t seed, std::uint64_t drawn) {
  std::uint64_t mixed = seed + (drawn + 1) * 0x9E3779B97F4A7C15U;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace

BalancedDraw::BalancedDraw(const RecordCodes& labels, std::size_t classes,
                           std::shared_ptr<const RecordSelection> chosen, const std::stop_token& stop)
    : chosen_(std::move(chosen)) {
  std::vector<std::uint64_t> counts(classes, 0);
  const std::uint64_t records = chosen_ ? chosen_->size() : labels.size();
  std::uint64_t labelled = 0;
  for (std::uint64_t record = 0; record < labels.size(); ++record) {
    if (told_to_stop(stop, record)) return;
    if (const std::uint32_t label = labels[record];
        label != RecordCodes::kNone && (!chosen_ || chosen_->contains(record))) {
      ++counts[label];
      ++labelled;
    }
  }
  std::vector<std::uint32_t> dense(classes, 0);
  for (std::size_t i = 0; i < classes; ++i) {
    if (counts[i] == 0) continue;
    dense[i] = static_cast<std::uint32_t>(sizes_.size());
    sizes_.push_back(counts[i]);
  }
  const auto unlabelled = static_cast<std::uint32_t>(sizes_.size());
  const std::uint32_t greatest = labelled < records ? unlabelled : unlabelled - 1;
  levels_.resize(static_cast<std::size_t>(std::bit_width(greatest)));
  if (greatest <= std::numeric_limits<std::uint8_t>::max())
    build<std::uint8_t>(labels, dense, unlabelled, stop);
  else
    build<std::uint32_t>(labels, dense, unlabelled, stop);
}

template <class Code>
void BalancedDraw::build(const RecordCodes& labels, const std::vector<std::uint32_t>& dense, std::uint32_t unlabelled,
                         const std::stop_token& stop) {
  std::vector<Code> codes;
  codes.reserve(static_cast<std::size_t>(chosen_ ? chosen_->size() : labels.size()));
  for (std::uint64_t record = 0; record < labels.size(); ++record) {
    if (told_to_stop(stop, record)) return;
    if (chosen_ && !chosen_->contains(record)) continue;
    const std::uint32_t label = labels[record];
    codes.push_back(static_cast<Code>(label == RecordCodes::kNone ? unlabelled : dense[label]));
  }
  std::vector<Code> ones;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const auto shift = static_cast<unsigned>(levels_.size() - 1 - level);
    std::vector<std::uint64_t> words((codes.size() + 63) / 64, 0);
    std::size_t zeros = 0;
    ones.clear();
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (told_to_stop(stop, i)) return;
      const Code code = codes[i];
      if ((code >> shift & 1U) == 0) {
        codes[zeros++] = code;
      } else {
        words[i / 64] |= std::uint64_t{1} << (i % 64);
        ones.push_back(code);
      }
    }
    std::copy(ones.begin(), ones.end(), codes.begin() + static_cast<std::ptrdiff_t>(zeros));
    levels_[level] = BitRanks(std::move(words), codes.size());
    zeros_.push_back(zeros);
  }
  begins_.assign(sizes_.size(), 0);
  for (std::size_t i = codes.size(); i-- > 0;)
    if (codes[i] < sizes_.size()) begins_[codes[i]] = i;
}

/// Where the nth record of a class lies among those that are drawn from: up through the levels.
std::uint64_t BalancedDraw::find(std::size_t drawn, std::uint64_t nth) const {
  std::uint64_t at = begins_[drawn] + nth;
  for (std::size_t level = levels_.size(); level-- > 0;) {
    const bool bit = (drawn >> (levels_.size() - 1 - level) & 1U) != 0;
    at = levels_[level].find(bit, bit ? at - zeros_[level] : at);
  }
  return at;
}

BalancedDraw::Drawn BalancedDraw::draw(std::uint64_t seed, std::uint32_t epoch, std::uint64_t position,
                                       std::uint64_t count) const {
  const std::uint64_t turn = Permutation(count, seed, epoch)(position);
  const std::uint64_t classes = sizes_.size();
  const std::uint64_t drawn = turn % classes;
  const std::uint64_t an_epoch = count / classes + (drawn < count % classes ? 1 : 0);
  const std::uint64_t before = (std::max<std::uint64_t>(epoch, 1) - 1) * an_epoch;  // in all earlier epochs
  const std::uint64_t nth = before + turn / classes;
  const std::uint64_t size = sizes_[drawn];
  const std::uint64_t round = nth / size;
  const Permutation order(size, class_seed(seed, drawn), static_cast<std::uint32_t>(round));
  const std::uint64_t at = find(static_cast<std::size_t>(drawn), order(nth % size));
  return {.record = chosen_ ? (*chosen_)[at] : at, .again = round - before / size};
}

}  // namespace feedline::inline plan
