// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/cart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct CartSplit {
  double merit = -std::numeric_limits<double>::infinity();  ///< higher is better
  double threshold = 0;
};

/// What is known of one side of a split: counts of classes, or a sum of numbers.
class CartSide {
 public:
  CartSide(CartTree::Criterion criterion, std::size_t classes) : criterion_(criterion), counts_(classes, 0) {}

  void clear() {
    std::ranges::fill(counts_, 0.0);
    rows_ = sum_ = 0;
  }
  void add_class(std::size_t label, double count) {
    counts_[label] += count;
    rows_ += count;
  }
  void add_number(double number, double count) {
    sum_ += number * count;
    rows_ += count;
  }
  /// Rows × purity, up to a constant of the node: the sum of both sides is to be as high as possible.
  [[nodiscard]] double merit() const {
    if (rows_ <= 0) return 0;
    if (criterion_ == CartTree::Criterion::SquaredError) return sum_ * sum_ / rows_;
    double sum = 0;
    for (const double count : counts_) {
      if (criterion_ == CartTree::Criterion::Gini)
        sum += count * count;
      else if (count > 0)
        sum += count * std::log2(count / rows_);
    }
    return criterion_ == CartTree::Criterion::Gini ? sum / rows_ : sum;
  }
  [[nodiscard]] double rows() const { return rows_; }
  [[nodiscard]] double mean() const { return sum_ / rows_; }
  [[nodiscard]] const std::vector<double>& counts() const { return counts_; }

 private:
  CartTree::Criterion criterion_;
  std::vector<double> counts_;
  double rows_ = 0;
  double sum_ = 0;
};

class CartGrower {
 public:
  CartGrower(CartTree& tree, const LearnerRows& rows, const CartTree::Limits& limits, FitPace& pace)
      : tree_(tree), rows_(rows), limits_(limits), pace_(pace), order_(rows.size()), splits_(rows.columns()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  bool grow() {
    std::vector<Open> open = {{.node = add_node(), .begin = 0, .end = order_.size(), .depth = 0}};
    std::size_t done = 0;
    while (!open.empty()) {
      const Open now = open.back();
      open.pop_back();
      const auto best = split_of(now);
      if (!best) return false;
      if (best->feature == rows_.columns()) {
        put_leaf(now);
        done += now.end - now.begin;
        pace_.at(static_cast<double>(done) / static_cast<double>(order_.size()));
        if (!pace_.go_on()) return false;
        continue;
      }
      const auto middle = std::partition(order_.begin() + static_cast<std::ptrdiff_t>(now.begin),
                                         order_.begin() + static_cast<std::ptrdiff_t>(now.end), [&](std::size_t row) {
                                           return static_cast<double>(rows_.row(row)[best->feature]) <= best->threshold;
                                         });
      const auto at = static_cast<std::size_t>(middle - order_.begin());
      const std::size_t left = add_node();
      const std::size_t right = add_node();
      tree_.features[now.node] = static_cast<std::int64_t>(best->feature);
      tree_.thresholds[now.node] = best->threshold;
      tree_.next[now.node] = static_cast<std::int64_t>(left);
      open.push_back({right, at, now.end, now.depth + 1});
      open.push_back({left, now.begin, at, now.depth + 1});
    }
    return true;
  }

 private:
  struct Open {
    std::size_t node;
    std::size_t begin;
    std::size_t end;
    std::int64_t depth;
  };
  struct Best {
    std::size_t feature;  ///< columns(): it stays a leaf
    double threshold;
  };

  std::size_t add_node() {
    tree_.features.push_back(-1);
    tree_.thresholds.push_back(0);
    tree_.next.push_back(0);
    return tree_.features.size() - 1;
  }

  [[nodiscard]] bool numbers() const { return limits_.criterion == CartTree::Criterion::SquaredError; }
  void add(CartSide& side, std::size_t row, double count) const {
    if (numbers())
      side.add_number(rows_.numbers()[row] - shift_, count);
    else
      side.add_class(static_cast<std::size_t>(rows_.labels()[row]), count);
  }

  [[nodiscard]] bool alike(const Open& now) const {
    const auto same = [&](const auto& targets) {
      return std::all_of(order_.begin() + static_cast<std::ptrdiff_t>(now.begin),
                         order_.begin() + static_cast<std::ptrdiff_t>(now.end),
                         [&](std::size_t row) { return targets[row] == targets[order_[now.begin]]; });
    };
    return numbers() ? same(rows_.numbers()) : same(rows_.labels());
  }

  /// None: a stop was asked for. Of equally good splits the one of the first feature.
  std::optional<Best> split_of(const Open& now) {
    const std::size_t count = now.end - now.begin;
    Best best{rows_.columns(), 0};
    if (count < static_cast<std::size_t>(std::max(limits_.split_rows, 2 * limits_.leaf_rows)) ||
        (limits_.depth > 0 && now.depth >= limits_.depth) || alike(now))
      return best;
    shift_ = 0;
    if (numbers()) {  // sums of squares of numbers that are far from 0 would lose their digits
      for (std::size_t i = now.begin; i < now.end; ++i) shift_ += rows_.numbers()[order_[i]];
      shift_ /= static_cast<double>(count);
    }
    const double cost = 30.0 * static_cast<double>(count) * static_cast<double>(rows_.columns());
    if (!pace_.each(rows_.columns(), cost,
                    [&](std::size_t feature, const std::atomic<bool>&) { splits_[feature] = split_by(feature, now); }))
      return std::nullopt;
    double merit = -std::numeric_limits<double>::infinity();
    for (std::size_t feature = 0; feature < splits_.size(); ++feature) {
      if (splits_[feature].merit <= merit) continue;
      merit = splits_[feature].merit;
      best = {feature, splits_[feature].threshold};
    }
    return best;
  }

  [[nodiscard]] CartSplit split_by(std::size_t feature, const Open& now) const {
    thread_local std::vector<std::pair<float, std::size_t>> sorted;
    sorted.clear();
    for (std::size_t i = now.begin; i < now.end; ++i) sorted.emplace_back(rows_.row(order_[i])[feature], order_[i]);
    CartSplit best;
    std::sort(sorted.begin(), sorted.end());
    if (sorted.front().first == sorted.back().first) return best;
    CartSide left(limits_.criterion, numbers() ? 0 : tree_.outputs);
    CartSide right = left;
    for (const auto& [value, row] : sorted) add(right, row, 1);
    const auto least = static_cast<std::size_t>(limits_.leaf_rows);
    for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
      add(left, sorted[i].second, 1);
      add(right, sorted[i].second, -1);
      if (sorted[i].first == sorted[i + 1].first || i + 1 < least || sorted.size() - i - 1 < least) continue;
      const double merit = left.merit() + right.merit();
      if (merit <= best.merit) continue;
      best.merit = merit;
      best.threshold = (static_cast<double>(sorted[i].first) + static_cast<double>(sorted[i + 1].first)) / 2;
    }
    return best;
  }

  void put_leaf(const Open& now) {
    CartSide all(limits_.criterion, numbers() ? 0 : tree_.outputs);
    shift_ = 0;
    for (std::size_t i = now.begin; i < now.end; ++i) add(all, order_[i], 1);
    tree_.next[now.node] = static_cast<std::int64_t>(tree_.leaves.size() / tree_.outputs);
    if (numbers()) return tree_.leaves.push_back(static_cast<float>(all.mean()));
    for (const double count : all.counts()) tree_.leaves.push_back(static_cast<float>(count / all.rows()));
  }

  CartTree& tree_;
  const LearnerRows& rows_;
  const CartTree::Limits& limits_;
  FitPace& pace_;
  std::vector<std::size_t> order_;  ///< rows, those of each open node side by side
  std::vector<CartSplit> splits_;
  double shift_ = 0;
};

}  // namespace

bool CartTree::grow(const LearnerRows& rows, const Limits& limits, FitPace& pace) {
  return CartGrower(*this, rows, limits, pace).grow();
}

std::span<const float> CartTree::leaf_of(const float* row) const {
  std::size_t node = 0;
  while (features[node] >= 0) {
    const bool right = !(static_cast<double>(row[features[node]]) <= thresholds[node]);
    node = static_cast<std::size_t>(next[node]) + (right ? 1 : 0);
  }
  return std::span(leaves).subspan(static_cast<std::size_t>(next[node]) * outputs, outputs);
}

std::size_t CartTree::depth() const {
  std::size_t most = 0;
  std::vector<std::size_t> depths(features.size(), 0);
  for (std::size_t node = 0; node < features.size(); ++node) {  // children stand behind their parents
    most = std::max(most, depths[node]);
    if (features[node] < 0) continue;
    const auto left = static_cast<std::size_t>(next[node]);
    depths[left] = depths[left + 1] = depths[node] + 1;
  }
  return most;
}

NamedTensors CartTree::state() const {
  const auto count = static_cast<std::int64_t>(leaves.size() / outputs);
  return {{"columns", TensorValue::of(std::vector{static_cast<std::int64_t>(columns)})},
          {"features", TensorValue::of(features)},
          {"thresholds", TensorValue::of(thresholds)},
          {"next", TensorValue::of(next)},
          {"leaves", TensorValue::of(std::span<const float>(leaves), {count, static_cast<std::int64_t>(outputs)})}};
}

Result<CartTree> CartTree::of(const NamedTensors& state, std::size_t columns, std::size_t outputs) {
  const auto width = kept_numbers<std::int64_t>(state, "columns", 1);
  if (!width) return fail(width.error());
  if (width->front() != static_cast<std::int64_t>(columns))
    return fail_kept("the tree is of another number of features");
  auto features = kept_numbers<std::int64_t>(state, "features");
  if (!features) return fail(std::move(features.error()));
  auto thresholds = kept_numbers<double>(state, "thresholds", features->size());
  if (!thresholds) return fail(std::move(thresholds.error()));
  auto next = kept_numbers<std::int64_t>(state, "next", features->size());
  if (!next) return fail(std::move(next.error()));
  auto leaves = kept_numbers<float>(state, "leaves");
  if (!leaves) return fail(std::move(leaves.error()));
  const auto size = static_cast<std::int64_t>(features->size());
  const auto leaf_count = static_cast<std::int64_t>(leaves->size() / outputs);
  if (size == 0 || leaves->size() % outputs != 0) return fail_kept("the tree has no nodes");
  for (std::int64_t node = 0; node < size; ++node) {
    const std::int64_t feature = (*features)[static_cast<std::size_t>(node)];
    const std::int64_t to = (*next)[static_cast<std::size_t>(node)];
    const bool leaf = feature < 0;
    // Children stand behind their parents, so that every way ends.
    if (leaf ? to < 0 || to >= leaf_count
             : feature >= static_cast<std::int64_t>(columns) || to <= node || to >= size - 1)
      return fail_kept("a node of the tree leads nowhere");
  }
  return CartTree{.columns = columns,
                  .outputs = outputs,
                  .features = std::move(*features),
                  .thresholds = std::move(*thresholds),
                  .next = std::move(*next),
                  .leaves = std::move(*leaves)};
}

}  // namespace feedline::inline nodes
