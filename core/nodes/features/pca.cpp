// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/feature_rows.h"
#include "nodes/features/row_products.h"
#include "nodes/features/row_sketch.h"
#include "nodes/features/symmetric_eigen.h"
#include "nodes/table/row_fitter.h"
#include "nodes/table/table_columns.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline::inline nodes {
namespace {

/// From how many features on the covariance costs more than it tells, and how many it can have at most: 8 bytes for
/// each two of them.
constexpr std::size_t kAutoCovariance = 2048;
constexpr std::size_t kMostCovariance = 4096;
/// Random vectors of the sketch beyond twice the components, and components where a share of the variance is asked for.
constexpr std::size_t kOversampling = 10;
constexpr std::size_t kSketchedByShare = 128;

struct PcaParams {
  std::int64_t components = 0;
  double variance = 0.95;
  bool whiten = false;
  std::string method = "auto";
};

/// Of the variances, the largest first, the number that is wanted: `components`, or the first ones whose sum is more
/// than the share of all.
std::size_t wanted_components(const PcaParams& params, std::span<const double> values, double all, std::size_t most) {
  if (params.components > 0) return std::min(static_cast<std::size_t>(params.components), most);
  double sum = 0;
  std::size_t count = 0;
  while (count < most && sum <= params.variance * all * (1 + 1e-12)) sum += std::max(0.0, values[count++]);
  return std::max<std::size_t>(count, 1);
}

/// Random vectors of the sketch; 0: the covariance is summed up.
std::size_t pca_sketch(const PcaParams& params, std::size_t width) {
  const std::size_t most = params.components > 0 ? static_cast<std::size_t>(params.components) : kSketchedByShare;
  const std::size_t sketch = 2 * most + kOversampling;
  const bool sketched = params.method == "randomised" || (params.method == "auto" && width > kAutoCovariance);
  return sketched && sketch < width ? sketch : 0;  // else the covariance itself is smaller
}

/// Sums, their copies at the end, and the rotations that give the vectors.
double pca_bytes(std::size_t width, std::size_t sketch) {
  const auto w = static_cast<double>(width);
  const auto s = static_cast<double>(sketch);
  return sketch > 0 ? 48 * w * s + 60 * s * s + 6144 * w : 60 * w * w + 3072 * w;
}

class PcaLearner final : public FeatureLearner {
 public:
  PcaLearner(const PcaParams& params, std::vector<std::string> names) : params_(params), names_(std::move(names)) {
    const std::size_t width = names_.size();
    if (const std::size_t sketch = pca_sketch(params, width); sketch > 0)
      sketch_.emplace(width, sketch);
    else
      products_.emplace(width);
  }

  void equip(const FitHelp& help) override {
    help_ = help;
    if (sketch_) sketch_->equip(help);
    if (products_) products_->equip(help);
  }

  Status take(std::span<const float> features, double) override {
    ++rows_;
    return sketch_ ? sketch_->add(features) : products_->add(features);
  }

  [[nodiscard]] Result<NamedTensors> finish() const override {
    const std::size_t most = std::min(rows_, names_.size());
    if (rows_ < 2) return fail("it needs two training records or more", "See the list of bad records");
    if (params_.components > static_cast<std::int64_t>(most))
      return fail(Error{.reason = fmt::format("{} components, but there are {} features of {} training records",
                                              params_.components, names_.size(), rows_),
                        .remedy = fmt::format("Set it to {} at most, or to 0 and keep a share of the variance", most),
                        .parameter = "components"});
    return sketch_ ? by_sketch() : by_covariance(most);
  }

 private:
  [[nodiscard]] Result<NamedTensors> by_covariance(std::size_t most) const {
    auto sums = products_->finish();
    if (!sums) return fail(std::move(sums.error()));
    double spread = 0;
    for (std::size_t i = 0; i < names_.size(); ++i) spread += sums->at(i, i);
    const auto wanted = [&](std::span<const double> values) {
      return wanted_components(params_, values, spread, most);
    };
    auto eigen = symmetric_eigen(std::move(sums->products), names_.size(), wanted, help_);
    if (!eigen) return fail(std::move(eigen.error()));
    return kept(*eigen, sums->mean, spread);
  }

  [[nodiscard]] Result<NamedTensors> by_sketch() const {
    bool reached = true;
    RowSketch all = *sketch_;
    if (Status flushed = all.flush(); !flushed) return fail(std::move(flushed.error()));
    const double spread = all.spread();
    const auto wanted = [&](std::span<const double> values) {
      const std::size_t most = std::min(rows_, (values.size() + 1) / 2);
      if (params_.components > 0) return static_cast<std::size_t>(params_.components);  // the sketch is wider
      const std::size_t count = wanted_components(params_, values, spread, most);
      double sum = 0;
      for (std::size_t i = 0; i < count; ++i) sum += values[i];
      reached = sum > params_.variance * spread * (1 - 1e-9) || count == rows_;
      return count;
    };
    const auto axes = all.axes(wanted);
    if (!axes) return fail(axes.error());
    if (!reached)
      return fail(Error{.reason = fmt::format("{} components hold less than that share of the variance of {} features",
                                              kSketchedByShare, names_.size()),
                        .remedy = "Set the number of components instead, or a smaller share",
                        .parameter = "variance"});
    return kept(*axes, all.mean(), spread);
  }

  [[nodiscard]] Result<NamedTensors> kept(const SymmetricEigen& eigen, const std::vector<double>& mean,
                                          double spread) const {
    if (!(spread > 0))
      return fail("all features have one value in all training records", "Look at what enters it in the preview");
    const std::size_t width = names_.size();
    std::vector<float> components;
    std::vector<double> variance;
    std::vector<double> share;
    double kept_share = 0;
    for (std::size_t i = 0; i < eigen.count; ++i) {
      const double* vector = eigen.vectors.data() + i * width;
      const double* largest =
          std::max_element(vector, vector + width, [](double a, double b) { return std::abs(a) < std::abs(b); });
      const double sign = *largest < 0 ? -1 : 1;
      for (std::size_t j = 0; j < width; ++j) components.push_back(static_cast<float>(sign * vector[j]));
      const double value = std::max(0.0, eigen.values[i]);
      variance.push_back(value / static_cast<double>(rows_ - 1));
      share.push_back(value / spread);
      kept_share += value / spread;
    }
    NamedTensors state{
        {"components", TensorValue::of(std::span<const float>(components),
                                       {static_cast<std::int64_t>(eigen.count), static_cast<std::int64_t>(width)})},
        {"explained_variance", TensorValue::of(variance)},
        {"explained_variance_ratio", TensorValue::of(share)},
        {"mean", TensorValue::of(mean)},
        {"removed_variance_ratio", TensorValue::of(std::vector{std::max(0.0, 1 - kept_share)})},
        {"rows", TensorValue::of(std::vector{static_cast<std::int64_t>(rows_)})}};
    put_texts(state, "features", names_);
    return state;
  }

  PcaParams params_;
  std::vector<std::string> names_;
  FitHelp help_{};
  std::size_t rows_ = 0;
  std::optional<RowProducts> products_{};
  std::optional<RowSketch> sketch_{};
};

/// y = (x - mean) W, whitened where that is asked for. Four features at once, so that each sum is read and written once
/// for four products, side by side for all components.
class PcaOp final : public SampleOp {
 public:
  PcaOp(std::vector<float> mean, std::vector<float> by_feature, std::size_t components)
      : mean_(std::move(mean)), by_feature_(std::move(by_feature)), components_(components) {}

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    const std::size_t width = mean_.size();
    if (in[0]->dtype() != DType::F32 || in[0]->bytes() != width * sizeof(float))
      return fail(wrong_width(in[0]->bytes() / sizeof(float), width));
    auto* to = reinterpret_cast<float*>(out[0]->allocate(DType::F32, {static_cast<std::int64_t>(components_)}));
    std::fill_n(to, components_, 0.0F);
    const float* from = in[0]->as<float>();
    const float* weights = by_feature_.data();
    std::size_t i = 0;
    for (; i + 4 <= width; i += 4, weights += 4 * components_) {
      const float a = from[i] - mean_[i];
      const float b = from[i + 1] - mean_[i + 1];
      const float c = from[i + 2] - mean_[i + 2];
      const float d = from[i + 3] - mean_[i + 3];
      const float* of_b = weights + components_;
      const float* of_c = of_b + components_;
      const float* of_d = of_c + components_;
      for (std::size_t j = 0; j < components_; ++j)
        to[j] += (a * weights[j] + b * of_b[j]) + (c * of_c[j] + d * of_d[j]);
    }
    for (; i < width; ++i, weights += components_) {
      const float value = from[i] - mean_[i];
      for (std::size_t j = 0; j < components_; ++j) to[j] += value * weights[j];
    }
    return {};
  }

 private:
  std::vector<float> mean_;
  std::vector<float> by_feature_;  ///< features × components
  std::size_t components_;
};

struct Pca {
  using Params = PcaParams;

  static NodeSpec spec() {
    return node<Pca>("pca", 1, "PCA", "Replaces many features by a few that carry most of their variance.")
        .help(
            "Principal component analysis: features that rise and fall together become one. Before training, all "
            "training records pass once; their covariance is summed up, and the directions in which they vary most "
            "become the new features, the most important first. Later layers then have fewer inputs: a step takes "
            "less time where the first layer is wide, and an estimator whose time grows with the features gains "
            "most. It does not look at the label, so that a direction of little variance that decides is lost: "
            "compare with and without. Features in different units need standardise in front.\n\n"
            "Set `components`, or leave it 0 and keep a share of the variance. What is removed stands in the "
            "inspector and in feedline-cli fitted: removed_variance_ratio. Signs are chosen so that the largest "
            "number of each component is positive, as in scikit-learn since 1.5. With `method` at auto the "
            "covariance is computed exactly up to 2,048 features; beyond, it is sketched in the same single pass "
            "(J. A. Tropp et al., Fixed-rank approximation of a positive-semidefinite matrix from streaming data, "
            "NIPS 2017), which is exact as far as the components carry nearly all of the variance.")
        .in("features", Kind::Features, "A vector of f32; all numbers must be finite.")
        .out("features", Kind::Features, "Its components, the one of most variance first.")
        .param("components", &Params::components, range(0, 65'536).ui(0, 256),
               "How many to keep. 0: as many as the share of the variance below needs.")
        .param("variance", &Params::variance, range(0.01, 1).ui(0.5, 1),
               "The share of the variance to keep, where components is 0.")
        .param("whiten", &Params::whiten, "Scale each component to variance 1.")
        .choice("method", &Params::method, {"auto", "covariance", "randomised"},
                "How the directions are found: exactly from the covariance, or from a random sketch of it.")
        .example({{"components", std::int64_t{1}}}, {.mean = -5.656854, .stddev = 0})
        .fitted_example({{"variance", 0.9}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_feature_vector(in); !fits) return fail(std::move(fits.error()));
    const Dim& width = in.shape.front();
    if (width.known() && params.components > width.size())
      return fail(Error{.reason = fmt::format("{} components of {} features", params.components, width.size()),
                        .remedy = fmt::format("Set it to {} at most", width.size()),
                        .parameter = "components"});
    if (width.known() && params.method == "covariance" && width.size() > static_cast<std::int64_t>(kMostCovariance))
      return fail(Error{.reason = fmt::format("the covariance of {} features takes {} MiB and hours", width.size(),
                                              width.size() * width.size() * 8 >> 20),
                        .remedy = "Set it to auto or randomised",
                        .parameter = "method"});
    if (width.known() && width.size() > static_cast<std::int64_t>(kMostCovariance) &&
        pca_sketch(params, static_cast<std::size_t>(width.size())) == 0)
      return fail(Error{.reason = fmt::format("{} components of {} features need their covariance: {} MiB and hours",
                                              params.components, width.size(), width.size() * width.size() * 8 >> 20),
                        .remedy = fmt::format("Set it to {} at most",
                                              (width.size() - static_cast<std::int64_t>(kOversampling) - 1) / 2),
                        .parameter = "components"});
    return params.components > 0 ? described(static_cast<std::size_t>(params.components)) : features_of_unknown_width();
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    if (!width_of(in)) return unknown_fitter();
    const auto learner = [params, names = feature_names(*in[0])]() -> Result<std::unique_ptr<FeatureLearner>> {
      const std::size_t width = names.size();
      if (Status room = check_learner_memory(pca_bytes(width, pca_sketch(params, width)),
                                             "Set fewer components, or put variance_threshold in front");
          !room)
        return fail(std::move(room.error()));
      return std::make_unique<PcaLearner>(params, names);
    };
    return feature_fitter(*width_of(in), false, learner);
  }

  static Result<TensorDesc> learnt(const Params&, DescInputs in, const NamedTensors& state) {
    const auto width = width_of(in);
    if (!width) return features_of_unknown_width();
    const auto found = kept_components(state, *width);
    if (!found) return fail(found.error());
    return described(found->size() / *width);
  }

  /// `learnt`: "mean" and "explained_variance" f64, "components" f32, components × features.
  static Result<std::unique_ptr<SampleOp>> make(const Params& params, DescInputs in, const NamedTensors& state) {
    const auto width = width_of(in);
    if (!width) return fail("the length of its features is not known");
    const auto components = kept_components(state, *width);
    if (!components) return fail(components.error());
    const std::size_t count = components->size() / *width;
    const auto mean = kept_numbers(state, "mean", *width);
    const auto variance = kept_numbers(state, "explained_variance", count);
    if (!mean || !variance) return fail(wrong_state());
    std::vector<float> by_feature(*width * count);
    for (std::size_t i = 0; i < count; ++i) {
      const double scale = params.whiten ? ((*variance)[i] > 0 ? 1 / std::sqrt((*variance)[i]) : 0) : 1;
      for (std::size_t j = 0; j < *width; ++j)
        by_feature[j * count + i] = static_cast<float>(static_cast<double>((*components)[i * *width + j]) * scale);
    }
    return std::make_unique<PcaOp>(std::vector<float>(mean->begin(), mean->end()), std::move(by_feature), count);
  }

 private:
  static TensorDesc described(std::size_t components) {
    TensorDesc out{.kind = Kind::Features, .dtype = DType::F32, .shape = {static_cast<std::int64_t>(components)}};
    for (std::size_t i = 0; i < components; ++i) out.columns.push_back({.name = fmt::format("pc{}", i + 1)});
    return out;
  }

  static Result<std::vector<float>> kept_components(const NamedTensors& state, std::size_t width) {
    const auto found = state.find("components");
    auto numbers = found == state.end() ? std::nullopt : found->second.numbers<float>();
    if (!numbers || numbers->empty() || width == 0 || numbers->size() % width != 0) return fail(wrong_state());
    return std::move(*numbers);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Pca)
