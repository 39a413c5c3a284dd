// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/curves.h"

#include "diagnosis/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace feedline::inline diagnosis {
namespace {

/// The loss rose by this share, or swings by it.
constexpr double kRise = 0.05;
/// Of so many steps from epoch to epoch, those that rise make a swing.
constexpr double kManyRises = 0.4;
/// Validation is worse than it was by this share.
constexpr double kWorse = 0.05;
/// An epoch that brings less than this share of the loss brings nothing.
constexpr double kNegligible = 0.005;
/// A fall by less than this an epoch is slow.
constexpr double kSlow = 0.02;
/// The training data are fitted where their metric is above this.
constexpr double kFitted = 0.95;
/// The schedule has taken the learning rate down to this share of its highest.
constexpr double kAnnealed = 0.05;

std::string loss_text(double loss) { return metric_text(loss, kLossUnit); }

class CurveJudge {
 public:
  CurveJudge(std::span<const EpochPoint> epochs, std::string_view optimizer) : optimizer_(optimizer) {
    for (const EpochPoint& epoch : epochs) {
      const double loss = value_of(epoch.metrics, kLossMetric, kTrainSplit);
      if (!std::isfinite(loss)) continue;
      epochs_.push_back(&epoch);
      train_.push_back(loss);
      val_.push_back(value_of(epoch.metrics, kLossMetric, kValSplit));
    }
    validated_ = std::all_of(val_.begin(), val_.end(), [](double loss) { return std::isfinite(loss); });
  }

  std::vector<CurveFinding> judge() const {
    std::vector<CurveFinding> found;
    if (train_.size() < kEpochsNeeded) return found;
    const bool network = !optimizer_.empty();
    if (network)
      if (auto high = rate_too_high()) found.push_back(std::move(*high));
    if (auto over = overfitting()) found.push_back(std::move(*over));
    if (!found.empty()) return found;
    if (network)
      if (auto low = rate_too_low()) return {std::move(*low)};
    const std::size_t idle = idle_epochs();
    if (idle == 0) return found;
    if (auto under = underfitting(idle)) return {std::move(*under)};
    if (network) found.push_back(plateau(idle));
    return found;
  }

 private:
  [[nodiscard]] std::uint32_t number(std::size_t i) const { return epochs_[i]->epoch; }
  [[nodiscard]] std::size_t last() const { return train_.size() - 1; }
  [[nodiscard]] const std::vector<double>& watched() const { return validated_ ? val_ : train_; }
  [[nodiscard]] std::string_view watched_name() const { return validated_ ? "validation loss" : "training loss"; }
  [[nodiscard]] std::string rate() const { return std::string(optimizer_) + ".learning_rate"; }

  [[nodiscard]] std::optional<CurveFinding> rate_too_high() const {
    const double first = train_.front();
    const double end = train_.back();
    std::size_t rises = 0;
    double swing = 0;
    for (std::size_t i = 1; i < train_.size(); ++i) {
      const double rise = train_[i] - train_[i - 1];
      if (rise > kRise * std::abs(train_[i - 1])) ++rises;
      swing = std::max(swing, rise);
    }
    const bool rose = end > first + kRise * std::abs(first);
    const auto steps = static_cast<double>(train_.size() - 1);
    const bool swings = rises >= 2 && static_cast<double>(rises) >= kManyRises * steps;
    if (!rose && !swings) return {};
    CurveFinding found{.kind = CurveKind::RateTooHigh};
    if (rose) {
      found.headline = "The learning rate is too high: the training loss rises.";
      found.evidence.push_back(fmt::format("It was {} in epoch {} and is {} in epoch {}.", loss_text(first), number(0),
                                           loss_text(end), number(last())));
    } else {
      found.headline = "The learning rate is too high: the training loss swings.";
      found.evidence.push_back(fmt::format("It rose by more than {} in {} of {} epochs, by up to {}.",
                                           wording::percent(kRise), rises, train_.size() - 1, loss_text(swing)));
    }
    found.remedy = fmt::format("Divide {} by three to ten: the loss should then fall in nearly every epoch.", rate());
    return found;
  }

  [[nodiscard]] std::optional<CurveFinding> overfitting() const {
    if (!validated_) return {};
    const auto best = static_cast<std::size_t>(std::min_element(val_.begin(), val_.end()) - val_.begin());
    if (last() - best < 2 || val_.back() < val_[best] + kWorse * std::abs(val_[best])) return {};
    if (train_.back() >= train_[best]) return {};
    CurveFinding found{.kind = CurveKind::Overfitting};
    found.headline = fmt::format("Over-fitting: validation was best in epoch {} of {}.", number(best), number(last()));
    found.evidence.push_back(
        fmt::format("The validation loss was {} then and is {} now, while the training loss went "
                    "on from {} to {}.",
                    loss_text(val_[best]), loss_text(val_.back()), loss_text(train_[best]), loss_text(train_.back())));
    const MetricValue* const train = headline(epochs_.back()->metrics, kTrainSplit);
    const MetricValue* const val =
        train == nullptr ? nullptr : find_metric(epochs_.back()->metrics, train->name, kValSplit);
    if (val != nullptr)
      found.evidence.push_back(fmt::format("{} is {} on training data and {} on validation data.",
                                           sentence(train->name), metric_text(*train), metric_text(*val)));
    double wasted = 0;
    for (std::size_t i = best + 1; i < epochs_.size(); ++i) wasted += epochs_[i]->wall_s;
    found.remedy = fmt::format(
        "Stop after epoch {}, which brings back the validation loss of {}{}; to get below it use more or augmented "
        "data, dropout, label smoothing or weight decay.",
        number(best), loss_text(val_[best]),
        wasted > 0 ? fmt::format(" and saves {}", wording::time(wasted)) : std::string());
    return found;
  }

  /// A fall in every epoch, each by little, the last third as steep as the first.
  [[nodiscard]] std::optional<CurveFinding> rate_too_low() const {
    const std::size_t steps = train_.size() - 1;
    for (std::size_t i = 1; i <= steps; ++i) {
      const double fall = train_[i - 1] - train_[i];
      if (fall <= 0 || fall > kSlow * std::abs(train_[i - 1])) return {};
    }
    const std::size_t third = std::max<std::size_t>(steps / 3, 1);
    const double early = train_.front() - train_[third];
    const double late = train_[steps - third] - train_.back();
    if (late < 0.7 * early || annealed()) return {};
    const double pace = late / static_cast<double>(third);
    CurveFinding found{.kind = CurveKind::RateTooLow};
    found.headline = "The learning rate is too low: the training loss falls slowly and steadily.";
    found.evidence.push_back(
        fmt::format("From epoch {} to {} it fell from {} to {}, by {} an epoch at the end, no "
                    "less than at the beginning.",
                    number(0), number(last()), loss_text(train_.front()), loss_text(train_.back()), loss_text(pace)));
    found.remedy = fmt::format(
        "Multiply {} by three to ten: at this pace it takes {:.0f} more epochs to halve the loss, and the number "
        "should "
        "fall by that factor.",
        rate(), std::abs(train_.back()) / 2 / pace);
    return found;
  }

  /// How many of the last epochs brought nothing that is worth it; 0: too few to say so.
  [[nodiscard]] std::size_t idle_epochs() const {
    const std::vector<double>& loss = watched();
    std::size_t mark = 0;  // the last epoch that was better by enough than the best before
    for (std::size_t i = 1; i < loss.size(); ++i)
      if (loss[i] < loss[mark] - kNegligible * std::abs(loss[mark])) mark = i;
    const std::size_t idle = loss.size() - 1 - mark;
    return idle >= std::max<std::size_t>(3, loss.size() / 4) ? idle : 0;
  }

  [[nodiscard]] std::optional<CurveFinding> underfitting(std::size_t idle) const {
    const MetricValue* const metric = headline(epochs_.back()->metrics, kTrainSplit);
    if (metric == nullptr || !metric->higher_is_better || metric->unit == kLossUnit || metric->value >= kFitted)
      return {};
    const MetricValue* const val = find_metric(epochs_.back()->metrics, metric->name, kValSplit);
    if (val != nullptr && metric->value - val->value > kWorse) return {};  // it does fit what it has seen better
    CurveFinding found{.kind = CurveKind::Underfitting};
    found.headline =
        fmt::format("Under-fitting: {} on the training data stays at {}.", metric->name, metric_text(*metric));
    found.evidence.push_back(fmt::format("The {} moved by less than {} in the last {} epochs.", watched_name(),
                                         wording::percent(kNegligible), idle));
    if (val != nullptr)
      found.evidence.push_back(
          fmt::format("On validation data it is {}, so that the model generalises what little it "
                      "has learnt.",
                      metric_text(*val)));
    found.remedy =
        "Use a larger model (more filters or units, more layers), features that say more, or less regularisation; "
        "until "
        "training itself becomes better, validation cannot. Where the training loss never fell, try another learning "
        "rate first.";
    return found;
  }

  [[nodiscard]] CurveFinding plateau(std::size_t idle) const {
    double took = 0;
    for (std::size_t i = epochs_.size() - idle; i < epochs_.size(); ++i) took += epochs_[i]->wall_s;
    const std::vector<double>& loss = watched();
    CurveFinding found{.kind = CurveKind::Plateau};
    found.headline = fmt::format("Plateau: the last {} epochs brought nothing.", idle);
    found.evidence.push_back(fmt::format("The {} was {} in epoch {} and is {} now.", watched_name(),
                                         loss_text(loss[last() - idle]), number(last() - idle),
                                         loss_text(loss.back())));
    const std::string saved = took > 0 ? fmt::format(", which saves {}", wording::time(took)) : std::string();
    found.remedy =
        annealed()
            ? fmt::format("The learning rate has come to its end: plan for {} epochs{}.", number(last() - idle), saved)
            : fmt::format("Divide {} by ten there, which often brings one more fall, or stop after epoch {}{}.", rate(),
                          number(last() - idle), saved);
    return found;
  }

  [[nodiscard]] bool annealed() const {
    double most = 0;
    for (const EpochPoint* epoch : epochs_)
      if (std::isfinite(epoch->learning_rate)) most = std::max(most, epoch->learning_rate);
    return most > 0 && epochs_.back()->learning_rate <= kAnnealed * most;
  }

  /// "Accuracy", at the beginning of a sentence.
  static std::string sentence(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
      text.front() = static_cast<char>(text.front() - 32);
    return text;
  }

  std::string_view optimizer_;
  std::vector<const EpochPoint*> epochs_{};
  std::vector<double> train_{};
  std::vector<double> val_{};
  bool validated_ = false;
};

}  // namespace

std::string_view name(CurveKind kind) {
  switch (kind) {
    case CurveKind::RateTooHigh:
      return "rate_too_high";
    case CurveKind::Overfitting:
      return "overfitting";
    case CurveKind::Underfitting:
      return "underfitting";
    case CurveKind::RateTooLow:
      return "rate_too_low";
    case CurveKind::Plateau:
      return "plateau";
  }
  return "";
}

std::string CurveFinding::text() const {
  std::string all = headline;
  for (const std::string& sentence : evidence) all += ' ' + sentence;
  return all + ' ' + remedy;
}

std::vector<CurveFinding> judge_curves(std::span<const EpochPoint> epochs, std::string_view optimizer) {
  return CurveJudge(epochs, optimizer).judge();
}

}  // namespace feedline::inline diagnosis
