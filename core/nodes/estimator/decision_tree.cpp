// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/cart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct DecisionTreeParams {
  std::string criterion = "gini";
  std::int64_t depth = 0;
  std::int64_t split_rows = 2;
  std::int64_t leaf_rows = 1;
};

class DecisionTreeLearner final : public Estimator {
 public:
  DecisionTreeLearner(const DecisionTreeParams& params, EstimatorSetup setup)
      : params_(params), setup_(std::move(setup)), rows_(setup_, MissingNumbers::Refused, ColumnScales::Ignored) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    if (Status added = rows_.add(rows); !added) return fail(std::move(added.error()));
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    using Criterion = CartTree::Criterion;
    FitPace pace(control, setup_.threads);
    tree_ = {.columns = rows_.columns(), .outputs = setup_.outputs()};
    const CartTree::Limits limits{.criterion = setup_.classes == 0              ? Criterion::SquaredError
                                               : params_.criterion == "entropy" ? Criterion::Entropy
                                                                                : Criterion::Gini,
                                  .depth = params_.depth,
                                  .split_rows = params_.split_rows,
                                  .leaf_rows = params_.leaf_rows};
    if (!tree_.grow(rows_, limits, pace)) return fail_cancelled();
    Fit fit;
    if (!measure(pace, fit)) return fail_cancelled();
    rows_.release();
    return fit;
  }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> room;
    const auto features = features_of(rows, room);
    if (!features) return fail(features.error());
    for (std::size_t row = 0; row < rows.count; ++row)
      std::ranges::copy(tree_.leaf_of(features->data() + row * rows_.columns()),
                        out.begin() + static_cast<std::ptrdiff_t>(row * tree_.outputs));
    return {};
  }

  bool keeps_state() const override { return true; }
  NamedTensors state() const override { return tree_.state(); }
  Status load(const NamedTensors& state) override {
    auto tree = CartTree::of(state, rows_.columns(), setup_.outputs());
    if (!tree) return fail(std::move(tree.error()));
    tree_ = std::move(*tree);
    return {};
  }

 private:
  /// On the rows that it was grown from, which costs a way down for each. False: a stop was asked for.
  [[nodiscard]] bool measure(FitPace& pace, Fit& fit) const {
    constexpr double kLeastShare = 1e-12;
    constexpr std::size_t kRowsALook = 4096;
    double loss = 0;
    double right = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (row % kRowsALook == 0 && !pace.go_on()) return false;
      const std::span<const float> leaf = tree_.leaf_of(rows_.row(row));
      if (setup_.classes == 0) {
        const double missed = static_cast<double>(leaf[0]) - rows_.numbers()[row];
        loss += missed * missed;
        continue;
      }
      const auto label = static_cast<std::ptrdiff_t>(rows_.labels()[row]);
      loss -= std::log(std::max(static_cast<double>(leaf[static_cast<std::size_t>(label)]), kLeastShare));
      if (std::ranges::max_element(leaf) - leaf.begin() == label) right += 1;
    }
    fit.loss = loss / static_cast<double>(rows_.size());
    if (setup_.classes > 0) fit.accuracy = right / static_cast<double>(rows_.size());
    return true;
  }

  DecisionTreeParams params_;
  EstimatorSetup setup_;
  LearnerRows rows_;
  CartTree tree_{};
};

struct DecisionTree {
  using Params = DecisionTreeParams;

  static NodeSpec spec() {
    return node<DecisionTree>("decision_tree", 1, "Decision tree",
                              "Predicts classes or numbers by a tree of yes-or-no questions about single features.")
        .help(
            "CART: at every node the split of all features and thresholds that leaves the purest sides. A leaf gives "
            "the shares of its training records' classes, or the mean of their numbers. Without a limit it grows until "
            "every leaf is pure and knows the training records by heart; a depth of 3 to 8, or larger leaves, often "
            "predict better. boosted_trees, many small trees that correct each other, predict best of all on most "
            "tables.\n\n"
            "Scale does not matter to it. It keeps the training features in memory, 4 bytes a number.")
        .with(learner_ports<DecisionTree>)
        .choice("criterion", &Params::criterion, {"gini", "entropy"},
                "What makes a side of classes pure. Numbers are split by their squared error.")
        .param("depth", &Params::depth, range(0, 1000).ui(0, 30), "Most questions in a row; 0: no limit.")
        .param("split_rows", &Params::split_rows, range(2, 1e9).ui(2, 100), "Fewer training records are not divided.")
        .param("leaf_rows", &Params::leaf_rows, range(1, 1e9).ui(1, 100), "Training records in each leaf at least.")
        .example({{"depth", std::int64_t{4}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Both);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    const auto rows = static_cast<double>(setup.rows);
    const double leaves =
        rows / static_cast<double>(params.leaf_rows) * (48 + 4.0 * static_cast<double>(setup.outputs()));
    const double sorting = rows * (8 + 16.0 * setup.threads);
    if (Status room = check_fit_memory(learner_rows_bytes(setup) + leaves + sorting, rows_in_words(setup),
                                       "Put pca in front of it, use fewer records (the source's limit) or larger "
                                       "leaves, or linear_svm with solver=streaming, which keeps no rows");
        !room)
      return fail(std::move(room.error()));
    return std::make_unique<DecisionTreeLearner>(params, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(DecisionTree)
