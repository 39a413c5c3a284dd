// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/feature_rows.h"
#include "nodes/features/learnt_label.h"
#include "nodes/features/ridge_path.h"
#include "nodes/table/row_fitter.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace feedline::inline nodes {
namespace {

/// Each holds the products of all features, and removing them one by one takes the cube of their number.
constexpr std::int64_t kMostEliminated = 1024;
constexpr std::size_t kMostEliminationClasses = 100;

struct EliminationParams {
  std::int64_t keep = 0;
  std::int64_t step = 1;
  std::int64_t folds = 5;
  double alpha = 1;
  bool standardise = true;
};

class EliminationLearner final : public FeatureLearner {
 public:
  EliminationLearner(const EliminationParams& params, std::size_t classes, std::vector<std::string> names)
      : params_(params),
        classes_(classes),
        names_(std::move(names)),
        folds_(params.keep > 0 ? 1 : static_cast<std::size_t>(params.folds), RowProducts(names_.size() + targets())),
        row_(names_.size() + targets()) {}

  void equip(const FitHelp& help) override {
    help_ = help;
    for (RowProducts& fold : folds_) fold.equip(help);
  }

  Status take(std::span<const float> features, double label) override {
    if (classes_ > 0 && !is_class(label, classes_)) return fail(no_such_class(label, classes_));
    std::copy(features.begin(), features.end(), row_.begin());
    float* target = row_.data() + features.size();
    if (classes_ == 0) {
      *target = static_cast<float>(label);
    } else {
      for (std::size_t i = 0; i < targets(); ++i)
        target[i] = label == static_cast<double>(classes_ == 2 ? 1 : i) ? 1.0F : -1.0F;
    }
    return folds_[rows_++ % folds_.size()].add(row_);
  }

  [[nodiscard]] Result<NamedTensors> finish() const override {
    if (rows_ < 2 || rows_ < folds_.size())
      return fail(Error{.reason = fmt::format("{} training records for {} folds", rows_, folds_.size()),
                        .remedy = "Set a number of features to keep, or fewer folds",
                        .parameter = "folds"});
    std::vector<CentredProducts> parts;
    for (const RowProducts& fold : folds_) {
      auto sums = fold.finish();
      if (!sums) return fail(std::move(sums.error()));
      parts.push_back(std::move(*sums));
    }
    NamedTensors state{{"rows", TensorValue::of(std::vector{static_cast<std::int64_t>(rows_)})}};
    auto keep = static_cast<std::size_t>(params_.keep);
    if (keep == 0) {
      const auto best = best_number(parts, state);
      if (!best) return fail(best.error());
      keep = *best;
    }
    if (Status done = eliminate(without(parts, parts.size()), keep, state); !done) return fail(std::move(done.error()));
    return state;
  }

 private:
  /// One column of -1 and 1 for two classes, else one for each; a number is one.
  [[nodiscard]] std::size_t targets() const { return classes_ > 2 ? classes_ : 1; }

  /// All parts but one; beyond the last one: all.
  static CentredProducts without(const std::vector<CentredProducts>& parts, std::size_t left_out) {
    CentredProducts all{.columns = parts.front().columns};
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (i != left_out) all.merge(parts[i]);
    return all;
  }

  /// How many features a round removes where `left` are there and `least` must stay.
  [[nodiscard]] std::size_t round(std::size_t left, std::size_t least) const {
    return std::min(static_cast<std::size_t>(params_.step), left - least);
  }

  /// The number of features with which the error on the records left out, a fold at a time, is least.
  Result<std::size_t> best_number(const std::vector<CentredProducts>& parts, NamedTensors& state) const {
    std::vector<std::int64_t> sizes;
    std::vector<double> errors;
    for (std::size_t fold = 0; fold < parts.size(); ++fold) {
      const CentredProducts rest = without(parts, fold);
      RidgePath path(rest, names_.size(), params_.alpha, params_.standardise, help_.stop);
      Status done = path.fit();
      for (std::size_t i = 0; done; ++i) {
        if (fold == 0) {
          sizes.push_back(static_cast<std::int64_t>(path.left().size()));
          errors.push_back(0);
        }
        errors[i] += path.error_on(parts[fold]) / static_cast<double>(parts.size());
        if (path.left().size() == 1) break;
        done = path.remove(round(path.left().size(), 1));
      }
      if (!done) return fail(std::move(done.error()));
    }
    std::size_t best = 0;
    for (std::size_t i = 0; i < errors.size(); ++i)
      if (errors[i] <= errors[best]) best = i;  // of equal ones that of fewer features
    state.insert_or_assign("tried_features", TensorValue::of(sizes));
    state.insert_or_assign("tried_error", TensorValue::of(errors));
    return static_cast<std::size_t>(sizes[best]);
  }

  Status eliminate(const CentredProducts& all, std::size_t keep, NamedTensors& state) const {
    const std::size_t width = names_.size();
    const std::size_t least = std::min(keep, width);
    RidgePath path(all, width, params_.alpha, params_.standardise, help_.stop);
    std::vector<std::int64_t> ranking(width, 1);
    std::vector<double> importance(width, 0.0);
    Status done = path.fit();
    while (done) {
      for (const std::size_t feature : path.left()) importance[feature] = path.importance(feature);
      if (path.left().size() == least) break;
      done = path.remove(round(path.left().size(), least));
      std::vector<bool> stays(width, false);
      for (const std::size_t feature : path.left()) stays[feature] = true;
      for (std::size_t i = 0; i < width; ++i) ranking[i] += stays[i] ? 0 : 1;
    }
    if (!done) return done;
    state.insert_or_assign("importance", TensorValue::of(importance));
    state.insert_or_assign("ranking", TensorValue::of(ranking));
    put_texts(state, "features", names_);
    put_kept(state, names_, path.left());
    return {};
  }

  EliminationParams params_;
  std::size_t classes_;
  std::vector<std::string> names_;
  FitHelp help_{};
  std::vector<RowProducts> folds_;
  std::vector<float> row_;
  std::size_t rows_ = 0;
};

struct RecursiveElimination {
  using Params = EliminationParams;

  static NodeSpec spec() {
    return node<RecursiveElimination>("recursive_elimination", 1, "Recursive elimination",
                                      "Removes, again and again, the features that a linear model needs least.")
        .help(
            "A linear model is fitted to all features, those with the smallest weights are removed, the model is "
            "fitted to the rest, and so on until `keep` are left (I. Guyon et al., Gene selection for cancer "
            "classification using support vector machines, Machine Learning 46, 2002). Unlike select_k_best it sees "
            "features together: of two that say the same, one goes. With keep at 0 the number is found by cross "
            "validation on the training records: that with which the squared error on the folds left out is least.\n\n"
            "The model is ridge regression; classes are the targets -1 and 1. Rankings are those of scikit-learn's "
            "RFE with Ridge and RidgeClassifier. It is computed from the products of the features, which are summed "
            "up in one pass: records are not kept, and removing one feature of n takes n^2 operations. Weights of "
            "features in different units cannot be compared, so `standardise` compares them as if each had been "
            "divided by its standard deviation.")
        .in("features", Kind::Features, "A vector of f32; all numbers must be finite.")
        .in("label", Kind::Label, "What is to be predicted: a class or a number.")
        .out("features", Kind::Features, "Those that are left, in their order and with their names.")
        .param("keep", &Params::keep, range(0, kMostEliminated).ui(0, 128),
               "How many features to keep. 0: as many as cross-validation finds best.")
        .param("step", &Params::step, range(1, kMostEliminated).ui(1, 32),
               "How many features are removed before the model is fitted again.")
        .param("folds", &Params::folds, range(2, 20), "Parts of the training records, where keep is 0.")
        .param(
            "alpha", &Params::alpha, range(1e-6, 1e6).ui(0.01, 100),
            "The penalty on squared weights: more draws them to 0, and those of features that say the same together.")
        .param("standardise", &Params::standardise, "Compare weights as if all features had variance 1.")
        .example({{"keep", std::int64_t{8}}}, {.mean = 1.75, .stddev = 1.1456439})
        .fitted_example({{"keep", std::int64_t{3}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    if (in.empty() || in[0] == nullptr) return fail("its input is not known");
    if (Status fits = check_feature_vector(*in[0]); !fits) return fail(std::move(fits.error()));
    if (Status fits = check_learnt_label(in); !fits) return fail(std::move(fits.error()));
    if (const Dim& width = in[0]->shape.front(); width.known() && width.size() > kMostEliminated)
      return fail(Error{.reason = fmt::format("{} features; it takes {} at most", width.size(), kMostEliminated),
                        .remedy = "Put variance_threshold, select_k_best or pca in front",
                        .port = "features"});
    if (const auto classes = classes_of(in); classes && *classes > kMostEliminationClasses)
      return fail(Error{
          .reason = fmt::format("the label has {} classes; it takes {} at most", *classes, kMostEliminationClasses),
          .remedy = "Use select_k_best or pca",
          .port = "label"});
    return std::vector<TensorDesc>{features_of_unknown_width()};
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    const auto classes = classes_of(in);
    if (!width_of(in) || !classes) return unknown_fitter();
    return feature_fitter(
        *width_of(in), true,
        [params, classes, names = feature_names(*in[0])]() -> Result<std::unique_ptr<FeatureLearner>> {
          return std::make_unique<EliminationLearner>(params, *classes, names);
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

FEEDLINE_NODE(RecursiveElimination)
