// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"
#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/learner_rows.h"
#include "nodes/estimator/xgboost_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
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

/// Of a column, by method=hist: XGBoost's own default.
constexpr int kBins = 256;
/// Of a fit's time, what is spent on telling the loss: after each round it would be a third of all.
constexpr double kLookShare = 0.01;

/// Of the kept bytes (FNV-1a), by which damage shows. What was forged along with it, check_boosted_bytes() finds.
std::int64_t digest_of_trees(std::span<const std::uint8_t> bytes) {
  std::uint64_t digest = 14695981039346656037ULL;
  for (const std::uint8_t byte : bytes) digest = (digest ^ byte) * 1099511628211ULL;
  return static_cast<std::int64_t>(digest);
}

class BoostedTreesLearner final : public Estimator {
 public:
  BoostedTreesLearner(const BoostedTreesParams& params, EstimatorSetup setup)
      : params_(params), setup_(std::move(setup)), rows_(setup_, MissingNumbers::Taken, ColumnScales::Ignored) {}

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
    // A round cannot be broken off: one that a stop meets goes on by itself, with its share of all this. All rounds are
    // of one thread, because XGBoost keeps by thread what the trees so far say of the training rows.
    const auto growing = std::make_shared<Growing>();
    growing->rows = std::move(rows_);
    growing->targets = std::move(targets);
    FitPace pace(control, setup_.threads);
    const auto go_on = [&pace, growing] {
      pace.at(growing->fraction, growing->loss);
      if (pace.go_on()) return true;
      growing->stop = true;
      return false;
    };
    const bool whole = run_or_leave_behind(
        [growing, all = settings(), bins = params_.method == "hist" ? kBins : 0, threads = setup_.threads,
         rounds = params_.rounds,
         classes = setup_.classes] { growing->done = grow(*growing, all, bins, threads, rounds, classes == 0); },
        go_on);
    if (!whole || growing->stop) return fail_cancelled();
    if (!growing->done) return fail(std::move(growing->done.error()));
    bytes_ = std::move(growing->bytes);
    model_ = growing->model;
    Fit fit;
    fit.loss = growing->loss;
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
  /// What the thread of a fit works on.
  struct Growing {
    std::optional<LearnerRows> rows{};
    std::vector<float> targets{};
    std::atomic<bool> stop = false;
    std::atomic<double> fraction = 0;
    std::atomic<double> loss = std::numeric_limits<double>::quiet_NaN();
    Status done{};
    std::shared_ptr<BoostedModel> model{};
    std::vector<std::uint8_t> bytes{};
  };

  static Status grow(Growing& growing, const BoostedModel::Settings& settings, int bins, int threads,
                     std::int64_t rounds, bool numbers) {
    auto model = BoostedModel::begin(growing.rows->features(), growing.rows->columns(), growing.targets, settings, bins,
                                     threads);
    growing.rows.reset();
    if (!model) return fail(std::move(model.error()));
    const Clock& clock = Clock::system();
    const Nanos begun = clock.now();
    Nanos looked = 0;
    for (std::int64_t number = 0; number < rounds && !growing.stop; ++number) {
      if (Status grown = (*model)->round(static_cast<int>(number)); !grown) return grown;
      growing.fraction = static_cast<double>(number + 1) / static_cast<double>(rounds);
      const Nanos before = clock.now();
      if (number + 1 < rounds && static_cast<double>(looked) > kLookShare * static_cast<double>(before - begun))
        continue;
      const auto told = (*model)->loss(static_cast<int>(number));
      if (!told) return fail(told.error());
      growing.loss = numbers ? *told * *told : *told;  // of numbers it tells the root
      looked += clock.now() - before;
    }
    auto bytes = (*model)->save();
    if (!bytes) return fail(std::move(bytes.error()));
    (*model)->release_rows();
    growing.bytes = std::move(*bytes);
    growing.model = std::move(*model);
    return {};
  }

  [[nodiscard]] BoostedModel::Settings settings() const {
    BoostedModel::Settings all = {{"verbosity", "0"},
                                  {"nthread", std::to_string(setup_.threads)},
                                  {"seed", std::to_string(setup_.seed & 0x7fffffffU)},
                                  {"tree_method", params_.method},
                                  {"max_bin", std::to_string(kBins)},
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
            "shows the training loss as rounds are done (of numbers its root), and never tells when to stop: watch the "
            "validation metrics.\n\n"
            "It takes missing numbers as they are: set missing to keep in the features node. Scale does not matter to "
            "it. XGBoost is loaded when the run begins (Debian: libxgboost0); it keeps a copy of the training "
            "features, "
            "with hist of their bins alone. A round cannot be broken off: a stopped run leaves the one in hand behind, "
            "which ends by itself.")
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
