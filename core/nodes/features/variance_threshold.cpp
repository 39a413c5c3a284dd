// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/feature_rows.h"
#include "nodes/table/row_fitter.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

/// Variances by Welford's method, so that a column of one value has exactly 0.
class VarianceLearner final : public FeatureLearner {
 public:
  VarianceLearner(double threshold, std::vector<std::string> names)
      : threshold_(threshold), names_(std::move(names)), mean_(names_.size(), 0.0), spread_(names_.size(), 0.0) {}

  Status take(std::span<const float> features, double) override {
    const double share = 1 / static_cast<double>(++rows_);
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const double value = static_cast<double>(features[i]);
      const double apart = value - mean_[i];
      mean_[i] += apart * share;
      spread_[i] += apart * (value - mean_[i]);
    }
    return {};
  }

  [[nodiscard]] Result<NamedTensors> finish() const override {
    std::vector<double> variance;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < spread_.size(); ++i) {
      variance.push_back(spread_[i] / static_cast<double>(rows_));
      if (variance.back() > threshold_) places.push_back(i);
    }
    if (places.empty())
      return fail(Error{.reason = "no feature varies more than that",
                        .remedy = "Set it to 0, which removes constant features alone",
                        .parameter = "threshold"});
    NamedTensors state{{"rows", TensorValue::of(std::vector{static_cast<std::int64_t>(rows_)})},
                       {"variance", TensorValue::of(variance)}};
    put_texts(state, "features", names_);
    put_kept(state, names_, places);
    return state;
  }

 private:
  double threshold_;
  std::vector<std::string> names_;
  std::vector<double> mean_;
  std::vector<double> spread_;
  std::size_t rows_ = 0;
};

struct VarianceThreshold {
  struct Params {
    double threshold = 0;
  };

  static NodeSpec spec() {
    return node<VarianceThreshold>("variance_threshold", 1, "Variance threshold",
                                   "Removes features that hardly vary among the training records.")
        .help(
            "A feature that has one value everywhere tells nothing and costs time in every step: the border pixels of "
            "digits, a one-hot column of a category that the training records lack. All training records pass once "
            "before training; what varies no more than the threshold is removed. Variances depend on the unit: set a "
            "threshold above 0 where all features have one, as behind min_max, and not behind standardise, which "
            "gives all of them variance 1. The label is not looked at. Equal to scikit-learn's VarianceThreshold.")
        .in("features", Kind::Features, "A vector of f32; all numbers must be finite.")
        .out("features", Kind::Features, "Those that vary, in their order and with their names.")
        .param("threshold", &Params::threshold, range(0, 1e12).ui(0, 1),
               "Features of this variance or less are removed; 0: those of one value.")
        .example({}, {.mean = 1.75, .stddev = 1.1456439})
        .fitted_example({{"threshold", 1.5}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (Status fits = check_feature_vector(in); !fits) return fail(std::move(fits.error()));
    return features_of_unknown_width();
  }
  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    if (!width_of(in)) return unknown_fitter();
    return feature_fitter(
        *width_of(in), false,
        [threshold = params.threshold, names = feature_names(*in[0])]() -> Result<std::unique_ptr<FeatureLearner>> {
          return std::make_unique<VarianceLearner>(threshold, names);
        });
  }
  static Result<TensorDesc> learnt(const Params&, DescInputs in, const NamedTensors& state) {
    return kept_features(in, state);
  }
  static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs in, const NamedTensors& state) {
    return keep_features(in, state);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(VarianceThreshold)
