// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/feature_scores.h"

#include "base/random.h"
#include "nodes/features/feature_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kReservoirSeed = 19'850'301;

/// What is not defined counts for nothing; of classes that a feature tells apart without a rest scikit-learn has
/// infinity, which no file keeps.
double defined_score(double score) {
  return std::isnan(score) ? 0 : std::min(score, std::numeric_limits<double>::max());
}

/// Count, mean and spread of each feature in each class, by Welford's method.
class ClassF final : public FeatureScorer {
 public:
  ClassF(std::size_t width, std::size_t classes)
      : width_(width), counts_(classes, 0), mean_(width * classes, 0.0), spread_(width * classes, 0.0) {}

  Status take(std::span<const float> features, double target) override {
    const auto label = static_cast<std::size_t>(target);
    const double share = 1 / static_cast<double>(++counts_[label]);
    double* mean = mean_.data() + label * width_;
    double* spread = spread_.data() + label * width_;
    for (std::size_t i = 0; i < width_; ++i) {
      const double value = static_cast<double>(features[i]);
      const double apart = value - mean[i];
      mean[i] += apart * share;
      spread[i] += apart * (value - mean[i]);
    }
    return {};
  }

  [[nodiscard]] Result<std::vector<double>> scores(const std::stop_token&) const override {
    double all = 0;
    double groups = 0;
    for (const std::size_t count : counts_) {
      all += static_cast<double>(count);
      groups += count > 0 ? 1 : 0;
    }
    std::vector<double> found;
    for (std::size_t i = 0; i < width_; ++i) {
      double sum = 0;
      for (std::size_t c = 0; c < counts_.size(); ++c) sum += static_cast<double>(counts_[c]) * mean_[c * width_ + i];
      double between = 0;
      double within = 0;
      for (std::size_t c = 0; c < counts_.size(); ++c) {
        if (counts_[c] == 0) continue;
        const double apart = mean_[c * width_ + i] - sum / all;
        between += static_cast<double>(counts_[c]) * apart * apart;
        within += spread_[c * width_ + i];
      }
      found.push_back(all > groups ? defined_score((between / (groups - 1)) / (within / (all - groups))) : 0);
    }
    return found;
  }

 private:
  std::size_t width_;
  std::vector<std::size_t> counts_;
  std::vector<double> mean_;  ///< classes × width
  std::vector<double> spread_;
};

class NumberF final : public FeatureScorer {
 public:
  explicit NumberF(std::size_t width) : mean_(width, 0.0), spread_(width, 0.0), together_(width, 0.0) {}

  Status take(std::span<const float> features, double target) override {
    const double share = 1 / static_cast<double>(++rows_);
    const double before = target - target_mean_;
    target_mean_ += before * share;
    const double after = target - target_mean_;
    target_spread_ += before * after;
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const double value = static_cast<double>(features[i]);
      const double apart = value - mean_[i];
      mean_[i] += apart * share;
      spread_[i] += apart * (value - mean_[i]);
      together_[i] += apart * after;
    }
    return {};
  }

  [[nodiscard]] Result<std::vector<double>> scores(const std::stop_token&) const override {
    std::vector<double> found;
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const double square = together_[i] * together_[i] / (spread_[i] * target_spread_);
      const double freedom = static_cast<double>(rows_) - 2;
      // A feature that is the target up to a scale: scikit-learn has infinity, which no file keeps.
      const double f = square >= 1 ? std::numeric_limits<double>::max() : square / (1 - square) * freedom;
      found.push_back(rows_ < 3 ? 0 : defined_score(f));
    }
    return found;
  }

 private:
  std::size_t rows_ = 0;
  double target_mean_ = 0;
  double target_spread_ = 0;
  std::vector<double> mean_;
  std::vector<double> spread_;
  std::vector<double> together_;
};

class Chi2 final : public FeatureScorer {
 public:
  Chi2(std::size_t width, std::size_t classes) : width_(width), counts_(classes, 0.0), sums_(width * classes, 0.0) {}

  Status take(std::span<const float> features, double target) override {
    const auto label = static_cast<std::size_t>(target);
    counts_[label] += 1;
    double* sums = sums_.data() + label * width_;
    float least = 0;
    for (std::size_t i = 0; i < width_; ++i) {
      sums[i] += static_cast<double>(features[i]);
      least = std::min(least, features[i]);
    }
    if (least < 0)
      return fail(Error{.reason = "chi2 takes counts and frequencies, but a feature is below 0",
                        .remedy = "Put min_max in front, or set it to f_test",
                        .parameter = "score"});
    return {};
  }

  [[nodiscard]] Result<std::vector<double>> scores(const std::stop_token&) const override {
    const double all = std::accumulate(counts_.begin(), counts_.end(), 0.0);
    std::vector<double> found;
    for (std::size_t i = 0; i < width_; ++i) {
      double sum = 0;
      for (std::size_t c = 0; c < counts_.size(); ++c) sum += sums_[c * width_ + i];
      double score = 0;
      for (std::size_t c = 0; c < counts_.size(); ++c) {
        const double expected = sum * counts_[c] / all;
        const double apart = sums_[c * width_ + i] - expected;
        if (counts_[c] > 0) score += apart * apart / expected;
      }
      found.push_back(defined_score(score));
    }
    return found;
  }

 private:
  std::size_t width_;
  std::vector<double> counts_;
  std::vector<double> sums_;  ///< classes × width
};

/// Mutual information of two lists of small numbers, from their counts.
double counted_information(std::span<const std::uint8_t> bins, std::span<const std::uint32_t> targets,
                           std::size_t classes) {
  std::vector<double> both(kInformationBins * classes, 0.0);
  std::vector<double> one(kInformationBins, 0.0);
  std::vector<double> other(classes, 0.0);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    both[bins[i] * classes + targets[i]] += 1;
    one[bins[i]] += 1;
    other[targets[i]] += 1;
  }
  const auto all = static_cast<double>(bins.size());
  double sum = 0;
  for (std::size_t b = 0; b < kInformationBins; ++b)
    for (std::size_t c = 0; c < classes; ++c)
      if (const double count = both[b * classes + c]; count > 0)
        sum += count / all * std::log(count * all / (one[b] * other[c]));
  return std::max(0.0, sum);
}

class Information final : public FeatureScorer {
 public:
  Information(std::size_t width, std::size_t classes) : width_(width), classes_(classes) {}

  Status take(std::span<const float> features, double target) override {
    const std::uint64_t index = seen_++;
    std::uint64_t place = index;
    if (index >= kInformationRecords) {
      Rng rng(kReservoirSeed, 1, index, 1);
      place = rng.below(
          static_cast<std::uint32_t>(std::min<std::uint64_t>(index + 1, std::numeric_limits<std::uint32_t>::max())));
      if (place >= kInformationRecords) return {};
      std::copy(features.begin(), features.end(), rows_.begin() + static_cast<std::ptrdiff_t>(place * width_));
      targets_[place] = static_cast<float>(target);
      return {};
    }
    if (rows_.size() + width_ > rows_.capacity() && targets_.size() >= kFirstLook)  // what it grows to, beside it
      if (Status room = check_learner_memory(8.0 * static_cast<double>(rows_.size()),
                                             "Put variance_threshold or pca in front, or set score to f_test");
          !room)
        return room;
    rows_.insert(rows_.end(), features.begin(), features.end());
    targets_.push_back(static_cast<float>(target));
    return {};
  }

  [[nodiscard]] Result<std::vector<double>> scores(const std::stop_token& stop) const override {
    std::vector<std::uint32_t> targets(targets_.size());
    if (classes_ > 0) {
      for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<std::uint32_t>(targets_[i]);
    } else {
      const auto bins = equal_frequency_bins(targets_);
      std::copy(bins.begin(), bins.end(), targets.begin());
    }
    std::vector<double> found;
    std::vector<float> column(targets.size());
    for (std::size_t i = 0; i < width_; ++i) {
      if (stop.stop_requested()) return fail_cancelled();
      for (std::size_t row = 0; row < column.size(); ++row) column[row] = rows_[row * width_ + i];
      found.push_back(
          counted_information(equal_frequency_bins(column), targets, classes_ > 0 ? classes_ : kInformationBins));
    }
    return found;
  }

 private:
  static constexpr std::size_t kFirstLook = 256;  ///< records from which on memory is looked at

  std::size_t width_;
  std::size_t classes_;
  std::uint64_t seen_ = 0;
  std::vector<float> rows_{};
  std::vector<float> targets_{};
};

}  // namespace

std::vector<std::uint8_t> equal_frequency_bins(std::span<const float> numbers) {
  std::vector<std::uint32_t> order(numbers.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return numbers[a] < numbers[b]; });
  std::size_t different = 0;
  for (std::size_t i = 0; i < order.size(); ++i)
    different += i == 0 || numbers[order[i]] != numbers[order[i - 1]] ? 1 : 0;
  std::vector<std::uint8_t> bins(numbers.size());
  std::size_t first = 0;
  std::size_t value = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && numbers[order[i]] != numbers[order[i - 1]]) {
      first = i;
      ++value;
    }
    bins[order[i]] =
        static_cast<std::uint8_t>(different <= kInformationBins ? value : first * kInformationBins / order.size());
  }
  return bins;
}

std::unique_ptr<FeatureScorer> class_f_scorer(std::size_t width, std::size_t classes) {
  return std::make_unique<ClassF>(width, classes);
}
std::unique_ptr<FeatureScorer> number_f_scorer(std::size_t width) { return std::make_unique<NumberF>(width); }
std::unique_ptr<FeatureScorer> chi2_scorer(std::size_t width, std::size_t classes) {
  return std::make_unique<Chi2>(width, classes);
}
std::unique_ptr<FeatureScorer> information_scorer(std::size_t width, std::size_t classes) {
  return std::make_unique<Information>(width, classes);
}

}  // namespace feedline::inline nodes
