// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/learner_rows.h"
#include "nodes/estimator/xgboost_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct BoostedTreesParams {
  std::int64_t rounds = 100;
  std::int64_t depth = 6;
  double learning_rate = 0.3;
  double subsample = 1;
  double column_share = 1;
  double l2 = 1;
  double leaf_weight = 1;
  std::string method = "hist";
};

/// Of the kept bytes (FNV-1a). XGBoost itself ends the program on bytes that are cut short, so only what was written
/// here is given to it.
std::int64_t digest_of_trees(std::span<const std::uint8_t> bytes) {
  std::uint64_t digest = 14695981039346656037ULL;
  for (const std::uint8_t byte : bytes) digest = (digest ^ byte) * 1099511628211ULL;
  return static_cast<std::int64_t>(digest);
}

class BoostedTreesLearner final : public Estimator {
 public:
  BoostedTreesLearner(const BoostedTreesParams& params, EstimatorSetup setup)
      : params_(params), setup_(std::move(setup)), rows_(setup_, MissingNumbers::Taken) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    if (Status added = rows_.add(rows); !added) return fail(std::move(added.error()));
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    if (setup_.classes > 0)
      if (Status two = check_two_classes(PresentClasses::of(rows_.class_counts(), false), setup_); !two)
        return fail(std::move(two.error()));
    std::vector<float> targets(rows_.labels().begin(), rows_.labels().end());
    for (const double number : rows_.numbers()) targets.push_back(static_cast<float>(number));
    FitPace pace(control, setup_.threads);
    const auto go_on = [&pace] { return pace.go_on(); };
    auto rows = std::make_shared<const LearnerRows>(std::move(rows_));
    const auto begun = std::make_shared<Result<std::shared_ptr<BoostedModel>>>(std::shared_ptr<BoostedModel>());
    const bool copied = run_or_leave_behind(
        [begun, rows, targets = std::move(targets), all = settings(), threads = setup_.threads] {
          *begun = BoostedModel::begin(rows->features(), rows->columns(), targets, all, threads);
        },
        go_on);
    if (!copied) return fail_cancelled();
    if (!*begun) return fail(std::move(begun->error()));
    rows.reset();
    const std::shared_ptr<BoostedModel> model = **begun;
    Fit fit;
    for (std::int64_t number = 0; number < params_.rounds; ++number) {
      // A round cannot be broken off. One that a stop meets goes on by itself, with its share of the model.
      const auto told = std::make_shared<Result<double>>(0.0);
      const bool on =
          run_or_leave_behind([told, model, number] { *told = model->round(static_cast<int>(number)); }, go_on);
      if (!on) return fail_cancelled();
      if (!*told) return fail(std::move(told->error()));
      fit.loss = setup_.classes == 0 ? **told * **told : **told;  // it tells the root
      pace.at(static_cast<double>(number + 1) / static_cast<double>(params_.rounds), fit.loss);
      if (!pace.go_on()) return fail_cancelled();
    }
    model->release_rows();
    auto bytes = model->save();
    if (!bytes) return fail(std::move(bytes.error()));
    bytes_ = std::move(*bytes);
    model_ = model;
    return fit;
  }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> room;
    const auto features = features_of(rows, room, MissingNumbers::Taken);
    if (!features) return fail(features.error());
    if (setup_.classes != 2) return model_->predict(*features, rows.count, setup_.outputs(), out);
    std::vector<float> second(rows.count);  // of two classes it gives the second alone
    if (Status done = model_->predict(*features, rows.count, 1, second); !done) return done;
    for (std::size_t row = 0; row < rows.count; ++row) {
      out[2 * row] = 1 - second[row];
      out[2 * row + 1] = second[row];
    }
    return {};
  }

  bool keeps_state() const override { return true; }
  NamedTensors state() const override {
    return {{"digest", TensorValue::of(std::vector{digest_of_trees(bytes_)})}, {"xgboost", TensorValue::of(bytes_)}};
  }
  Status load(const NamedTensors& state) override {
    auto bytes = kept_numbers<std::uint8_t>(state, "xgboost");
    if (!bytes) return fail(std::move(bytes.error()));
    const auto digest = kept_numbers<std::int64_t>(state, "digest", 1);
    if (!digest) return fail(digest.error());
    if (digest->front() != digest_of_trees(*bytes)) return fail_kept("its trees are not those that were written");
    auto model = BoostedModel::load(*bytes, rows_.columns(), setup_.threads);
    if (!model) return fail(std::move(model.error()));
    // One row shows whether it has the target's classes.
    const std::vector<float> row(rows_.columns(), 0);
    std::vector<float> found(setup_.classes == 2 ? 1 : setup_.outputs());
    if (Status fits = (*model)->predict(row, 1, found.size(), found); !fits) return fits;
    bytes_ = std::move(*bytes);
    model_ = std::move(*model);
    return {};
  }

 private:
  [[nodiscard]] BoostedModel::Settings settings() const {
    BoostedModel::Settings all = {{"verbosity", "0"},
                                  {"nthread", std::to_string(setup_.threads)},
                                  {"seed", std::to_string(setup_.seed & 0x7fffffffU)},
                                  {"tree_method", params_.method},
                                  {"max_depth", std::to_string(params_.depth)},
                                  {"eta", fmt::format("{}", params_.learning_rate)},
                                  {"subsample", fmt::format("{}", params_.subsample)},
                                  {"colsample_bytree", fmt::format("{}", params_.column_share)},
                                  {"lambda", fmt::format("{}", params_.l2)},
                                  {"min_child_weight", fmt::format("{}", params_.leaf_weight)}};
    if (setup_.classes == 0) {
      all.insert(all.end(), {{"objective", "reg:squarederror"}, {"eval_metric", "rmse"}});
    } else if (setup_.classes == 2) {
      all.insert(all.end(), {{"objective", "binary:logistic"}, {"eval_metric", "logloss"}});
    } else {
      all.insert(all.end(), {{"objective", "multi:softprob"},
                             {"num_class", std::to_string(setup_.classes)},
                             {"eval_metric", "mlogloss"}});
    }
    return all;
  }

  BoostedTreesParams params_;
  EstimatorSetup setup_;
  LearnerRows rows_;
  std::shared_ptr<const BoostedModel> model_{};
  std::vector<std::uint8_t> bytes_{};
};

struct BoostedTrees {
  using Params = BoostedTreesParams;

  static NodeSpec spec() {
    return node<BoostedTrees>("boosted_trees", 1, "Boosted trees",
                              "Many small trees, each of which corrects those before it: XGBoost.")
        .help(
            "The learner to beat on tables. Each round adds a tree (of more than two classes one each) that is fitted "
            "to the gradient of the loss; a smaller learning rate needs more rounds and predicts better. The curve "
            "shows the training loss after each round (of numbers its root), and never tells when to stop: watch the "
            "validation metrics.\n\n"
            "It takes missing numbers as they are: set missing to keep in the features node. Scale does not matter to "
            "it. XGBoost is loaded when the run begins (Debian: libxgboost0); it copies the training features once. A "
            "round cannot be broken off: a stopped run leaves the one in hand behind, which ends by itself.")
        .with(learner_ports<BoostedTrees>)
        .param("rounds", &Params::rounds, range(1, 100000).ui(10, 1000), "How many trees one after the other.")
        .param("depth", &Params::depth, range(1, 30).ui(1, 12), "Most questions in a row in one tree.")
        .param("learning_rate", &Params::learning_rate, range(1e-6, 1).ui(0.01, 0.5),
               "How much of its correction each tree makes.")
        .param("subsample", &Params::subsample, range(0.01, 1).ui(0.3, 1),
               "The share of training records that each tree sees.")
        .param("column_share", &Params::column_share, range(0.001, 1).ui(0.3, 1),
               "The share of features that each tree sees.")
        .param("l2", &Params::l2, range(0, 1e9).ui(0, 10), "Keeps what leaves add small, against overfitting.")
        .param("leaf_weight", &Params::leaf_weight, range(0, 1e9).ui(0, 20),
               "Weight of the training records in each leaf at least.")
        .choice("method", &Params::method, {"hist", "exact"},
                "Thresholds from 256 bins a column, or from all values, which is slow.")
        .example({{"rounds", std::int64_t{10}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Both);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    if (Status there = can_boost_trees(); !there) return fail(std::move(there.error()));
    const double copies = params.method == "exact" ? 5 : 3.5;  // sparse pages of 8 bytes a number, and bins or columns
    const double gradients = 24.0 * static_cast<double>(setup.rows) * static_cast<double>(setup.outputs());
    if (Status room = check_fit_memory(copies * learner_rows_bytes(setup) + gradients,
                                       rows_in_words(setup) + " and XGBoost's copy of them",
                                       "Put pca in front of it, use fewer records (the source's limit), or linear_svm "
                                       "with solver=streaming, which keeps no rows");
        !room)
      return fail(std::move(room.error()));
    return std::make_unique<BoostedTreesLearner>(params, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(BoostedTrees)
