// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/label_notices.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace feedline::inline engine {
namespace {

using numbers::count;
using numbers::listed;

std::string named(const LabelCounts& counts, std::size_t index) {
  return fmt::format("'{}' ({})", counts.names[index], count(counts.records[index]));
}

/// Indices of classes with a record.
std::vector<std::size_t> used_classes(const LabelCounts& counts) {
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < counts.records.size(); ++i)
    if (counts.records[i] > 0) used.push_back(i);
  return used;
}

}  // namespace

std::uint64_t LabelCounts::all() const { return std::accumulate(records.begin(), records.end(), std::uint64_t{0}); }

std::uint64_t LabelCounts::used() const { return used_classes(*this).size(); }

std::optional<Error> one_class(const LabelCounts& counts) {
  const std::vector<std::size_t> used = used_classes(counts);
  if (used.size() != 1) return std::nullopt;
  return Error{.reason = fmt::format("all records are of one class, '{}': a model that always says so is right every "
                                     "time, and learns nothing",
                                     counts.names[used.front()]),
               .remedy = "Choose data of at least two classes, such as a folder with one sub-folder per class"};
}

std::optional<Error> small_classes(const LabelCounts& counts) {
  std::vector<std::string> small;
  for (const std::size_t i : used_classes(counts))
    if (counts.records[i] < kSmallClass) small.push_back(named(counts, i));
  if (small.empty() || counts.used() < 2 || counts.all() < 2 * kSmallClass) return std::nullopt;
  return Error{
      .reason = fmt::format("{} fewer than {} records: {}",
                            small.size() == 1 ? "a class has" : fmt::format("{} classes have", count(small.size())),
                            kSmallClass, listed(small)),
      .remedy = "Add records, or leave the class out: a model hardly learns it, and its accuracy says little"};
}

std::optional<Error> imbalance(const LabelCounts& counts) {
  const std::vector<std::size_t> used = used_classes(counts);
  if (used.size() < 2) return std::nullopt;
  const auto [least, most] = std::minmax_element(
      used.begin(), used.end(), [&](std::size_t a, std::size_t b) { return counts.records[a] < counts.records[b]; });
  const auto low = static_cast<double>(counts.records[*least]);
  const auto high = static_cast<double>(counts.records[*most]);
  if (high < kSevereImbalance * low) return std::nullopt;
  return Error{.reason = fmt::format("classes are imbalanced, {} to 1, from {} to {}: always naming the largest would "
                                     "be right for {} of the records",
                                     count(static_cast<std::uint64_t>(high / low)), named(counts, *most),
                                     named(counts, *least), numbers::percent(high / static_cast<double>(counts.all()))),
               .remedy =
                   "Set balance of the shuffle node to classes, and look at the confusion matrix rather than at the "
                   "accuracy"};
}

std::optional<Error> sorted_by_class(const LabelCounts& counts) {
  const std::uint64_t used = counts.used();
  if (used < 2 || counts.stretches > 2 * used || counts.all() < 4 * used) return std::nullopt;
  return Error{.reason = "records come class by class, and nothing shuffles them: most batches hold one class only",
               .remedy = "Put a shuffle node behind the source"};
}

std::optional<Error> absent_classes(const std::vector<std::string>& names, std::size_t all) {
  if (names.empty()) return std::nullopt;
  return Error{.reason = fmt::format("validation has no record of {} of the {} classes of training: {}",
                                     count(names.size()), count(all), listed(names, 5, "'")),
               .remedy = "Their accuracy will not be known: add records of them to validation"};
}

}  // namespace feedline::inline engine
