// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/feature_rows.h"
#include "nodes/features/feature_scores.h"
#include "nodes/features/learnt_label.h"
#include "nodes/table/row_fitter.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <numeric>

namespace feedline::inline nodes {
namespace {

class BestLearner final : public FeatureLearner {
 public:
  BestLearner(std::size_t keep, std::size_t classes, std::vector<std::string> names,
              std::unique_ptr<FeatureScorer> scorer)
      : keep_(keep), classes_(classes), names_(std::move(names)), scorer_(std::move(scorer)) {}

  void equip(const FitHelp& help) override { stop_ = help.stop; }

  Status take(std::span<const float> features, double label) override {
    if (classes_ > 0 && !is_class(label, classes_)) return fail(no_such_class(label, classes_));
    ++rows_;
    return scorer_->take(features, label);
  }

  [[nodiscard]] Result<NamedTensors> finish() const override {
    const auto scores = scorer_->scores(stop_);
    if (!scores) return fail(scores.error());
    std::vector<std::size_t> order(scores->size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return (*scores)[a] > (*scores)[b]; });
    order.resize(std::min(order.size(), keep_));
    std::sort(order.begin(), order.end());
    NamedTensors state{{"rows", TensorValue::of(std::vector{static_cast<std::int64_t>(rows_)})},
                       {"score", TensorValue::of(*scores)}};
    put_texts(state, "features", names_);
    put_kept(state, names_, order);
    return state;
  }

 private:
  std::size_t keep_;
  std::size_t classes_;
  std::vector<std::string> names_;
  std::unique_ptr<FeatureScorer> scorer_;
  std::stop_token stop_{};
  std::size_t rows_ = 0;
};

struct SelectKBest {
  struct Params {
    std::int64_t keep = 10;
    std::string score = "f_test";
  };

  static NodeSpec spec() {
    return node<SelectKBest>("select_k_best", 1, "Select k best",
                             "Keeps the features that tell most of the label, each looked at by itself.")
        .help(
            "All training records pass once before training, and each feature gets a score. f_test: how far the "
            "classes' means lie apart beside the variance within them, and of a label that is a number the strength of "
            "the linear correlation (scikit-learn's f_classif and f_regression). chi2: of counts and frequencies, such "
            "as tf_idf, which must not be below 0 (scikit-learn's chi2). mutual_information: finds relations that are "
            "not linear too; each feature is divided into 16 intervals of equal frequency and counted, on 16,384 "
            "records at most, which gives the same each time, where scikit-learn's estimate by nearest neighbours "
            "adds noise.\n\n"
            "It is quick and sees no combinations: two features that say the same are both kept, and two that only "
            "together say something are both removed. recursive_elimination looks at all of them at once. Only "
            "training records are looked at, so that validation figures stay honest. Of equal scores the feature in "
            "front is kept.")
        .in("features", Kind::Features, "A vector of f32; all numbers must be finite.")
        .in("label", Kind::Label, "What is to be predicted: a class or a number.")
        .out("features", Kind::Features, "The best ones, in their order and with their names.")
        .param("keep", &Params::keep, range(1, 65'536).ui(1, 256), "How many; where there are fewer, all are kept.")
        .choice("score", &Params::score, {"f_test", "chi2", "mutual_information"}, "By what features are compared.")
        .example({{"keep", std::int64_t{3}}}, {.mean = 0.5, .stddev = 0.408248})
        .fitted_example({{"keep", std::int64_t{2}}, {"score", std::string("mutual_information")}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    if (in.empty() || in[0] == nullptr) return fail("its input is not known");
    if (Status fits = check_feature_vector(*in[0]); !fits) return fail(std::move(fits.error()));
    if (Status fits = check_learnt_label(in); !fits) return fail(std::move(fits.error()));
    if (params.score == "chi2" && classes_of(in) == std::size_t{0})
      return fail(Error{.reason = "chi2 compares classes, but the label is a number",
                        .remedy = "Set it to f_test or mutual_information",
                        .parameter = "score"});
    return std::vector<TensorDesc>{features_of_unknown_width()};
  }

  static std::unique_ptr<Fitter> fitter(const Params& params, DescInputs in) {
    const auto width = width_of(in);
    const auto classes = classes_of(in);
    if (!width || !classes) return unknown_fitter();
    const auto learner = [params, width, classes,
                          names = feature_names(*in[0])]() -> Result<std::unique_ptr<FeatureLearner>> {
      const double kept = params.score == "mutual_information" ? 0  // which looks at it as its rows grow
                                                               : 16 * static_cast<double>(*classes * *width);
      if (Status room = check_learner_memory(kept, "Put variance_threshold or pca in front"); !room)
        return fail(std::move(room.error()));
      return std::make_unique<BestLearner>(static_cast<std::size_t>(params.keep), *classes, names,
                                           scorer(params.score, *width, *classes));
    };
    return feature_fitter(*width, true, learner);
  }

  static Result<TensorDesc> learnt(const Params&, DescInputs in, const NamedTensors& state) {
    return kept_features(in, state);
  }
  static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs in, const NamedTensors& state) {
    return keep_features(in, state);
  }

 private:
  static std::unique_ptr<FeatureScorer> scorer(const std::string& score, std::size_t width, std::size_t classes) {
    if (score == "mutual_information") return information_scorer(width, classes);
    if (score == "chi2") return chi2_scorer(width, classes);
    return classes > 0 ? class_f_scorer(width, classes) : number_f_scorer(width);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SelectKBest)
