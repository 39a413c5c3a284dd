// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/learner_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kLabelInput = 0;

class ClassCounts final : public Estimator {
 public:
  ClassCounts(std::size_t classes, double smoothing) : smoothing_(smoothing), counts_(classes, 0) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    for (const std::int64_t label : rows.inputs[kLabelInput].values<std::int64_t>())
      ++counts_[static_cast<std::size_t>(label)];
    return FitScore{};
  }

  Result<Fit> fit(FitControl&) override { return score(); }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    for (std::size_t row = 0; row < rows.count; ++row)
      std::ranges::copy(shares_, out.subspan(row * shares_.size()).begin());
    return {};
  }

  bool keeps_state() const override { return true; }
  NamedTensors state() const override { return {{"counts", TensorValue::of(counts_)}}; }
  Status load(const NamedTensors& state) override {
    auto counts = kept_numbers<double>(state, "counts", counts_.size());
    if (!counts) return fail(std::move(counts.error()));
    if (!std::ranges::all_of(*counts, [](double count) { return count >= 0 && std::isfinite(count); }))
      return fail_kept("a count is negative");
    counts_ = std::move(*counts);
    if (std::accumulate(counts_.begin(), counts_.end(), smoothing_) <= 0) return fail_kept("it has seen no record");
    (void)score();
    return {};
  }

 private:
  /// The shares of the counts, and how good they are on these.
  Fit score() {
    const double records = std::accumulate(counts_.begin(), counts_.end(), 0.0);
    const double all = records + smoothing_ * static_cast<double>(counts_.size());
    shares_.clear();
    Fit fit;
    fit.loss = 0;
    for (const double count : counts_) {
      const double share = (count + smoothing_) / all;
      shares_.push_back(static_cast<float>(share));
      if (count > 0) fit.loss -= count / records * std::log(share);
    }
    fit.accuracy = *std::max_element(counts_.begin(), counts_.end()) / records;
    return fit;
  }

  double smoothing_;
  std::vector<double> counts_;
  std::vector<float> shares_{};  ///< of each class; what is predicted for every record
};

struct MajorityClass {
  struct Params {
    double smoothing = 1;
  };

  static NodeSpec spec() {
    return node<MajorityClass>("majority_class", 1, "Majority class",
                               "Predicts the most frequent class of the training data, whatever the record.")
        .help(
            "The baseline that every classifier must beat. It looks at the labels alone, counts them in one pass, and "
            "then predicts for every record the share of each class: its accuracy is the share of the most frequent "
            "one, 90 % where nine records in ten are healthy, and its loss is that of knowing nothing but these "
            "shares, ln(classes) where all are equally frequent. A network that comes to no more has learnt "
            "nothing.\n\n"
            "Pictures and features need not be wired to it, and are then not even read. Of equally frequent classes "
            "it takes the first.")
        .in("target", Kind::Target, "The true classes: wire it from the label of the batch.")
        .out("estimator", Kind::Estimator, "Connect it to the trainer.")
        .param("smoothing", &Params::smoothing, range(0, 1e6).ui(0, 10).unit("records"),
               "Added to the count of each class, so that a class without training records does not count as "
               "impossible. It does not change what is predicted.")
        .example({{"smoothing", 0.5}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    const TensorDesc* target = in.empty() ? nullptr : in[kLabelInput];
    if (target != nullptr && target->classes.known() && target->classes.size() == 0)
      return fail(Error{.reason = "its target is a plain number, not a class",
                        .remedy = "Connect a label that has classes",
                        .port = "target"});
    return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Estimator}};
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    return std::make_unique<ClassCounts>(setup.outputs(), params.smoothing);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MajorityClass)
