// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/learner_rows.h"
#include "nodes/estimator/row_products.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct NearestParams {
  std::int64_t k = 5;
  std::string weights = "uniform";
};

class NearestLearner final : public Estimator {
 public:
  NearestLearner(const NearestParams& params, EstimatorSetup setup)
      : params_(params), setup_(std::move(setup)), rows_(setup_) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    if (Status added = rows_.add(rows); !added) return fail(std::move(added.error()));
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    if (!control.go_on(1)) return fail_cancelled();
    if (auto apart = rows_.scale_notice()) notices_.push_back(std::move(*apart));
    if (rows_.size() < static_cast<std::size_t>(params_.k))
      notices_.push_back(
          Error{.reason = "there are fewer training records than neighbours: all of them count each time",
                .remedy = "Set a smaller k",
                .parameter = "k"});
    return Fit{};
  }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> room;
    const auto features = features_of(rows, room);
    if (!features) return fail(features.error());
    const double cost = static_cast<double>(rows.count) * static_cast<double>(rows_.features().size());
    predict_pieces(setup_.threads, (rows.count + kRowsAtOnce - 1) / kRowsAtOnce, cost, [&](std::size_t piece) {
      const std::size_t first = piece * kRowsAtOnce;
      predict_rows(features->subspan(first * rows_.columns()), std::min(kRowsAtOnce, rows.count - first),
                   out.subspan(first * setup_.outputs()));
    });
    return {};
  }

  std::vector<Error> notices() const override { return notices_; }
  bool keeps_state() const override { return true; }

  NamedTensors state() const override {
    NamedTensors state;
    state.emplace("features", TensorValue::of(rows_.features(), {static_cast<std::int64_t>(rows_.size()),
                                                                 static_cast<std::int64_t>(rows_.columns())}));
    if (setup_.classes > 0) {
      const std::vector<std::int64_t> labels(rows_.labels().begin(), rows_.labels().end());
      state.emplace("labels", TensorValue::of(labels));
    } else {
      state.emplace("numbers", TensorValue::of(rows_.numbers(), {static_cast<std::int64_t>(rows_.size())}));
    }
    return state;
  }

  Status load(const NamedTensors& state) override {
    auto features = kept_numbers<float>(state, "features");
    if (!features) return fail(std::move(features.error()));
    if (features->empty() || features->size() % rows_.columns() != 0)
      return fail_kept("its rows are of another size than its features");
    const std::size_t count = features->size() / rows_.columns();
    if (setup_.classes == 0) {
      auto numbers = kept_numbers<double>(state, "numbers", count);
      if (!numbers) return fail(std::move(numbers.error()));
      rows_.restore(std::move(*features), {}, std::move(*numbers));
      return {};
    }
    const auto labels = kept_numbers<std::int64_t>(state, "labels", count);
    if (!labels) return fail(labels.error());
    if (!std::ranges::all_of(*labels, [&](std::int64_t label) { return label >= 0 && label < setup_.classes; }))
      return fail_kept("a label is no class of the target");
    rows_.restore(std::move(*features), {labels->begin(), labels->end()}, {});
    return {};
  }

 private:
  static constexpr std::size_t kRowsAtOnce = 8;
  static constexpr std::size_t kKnownAtOnce = 512;

  struct Neighbour {
    float distance;  ///< squared
    std::size_t row;
    bool operator<(const Neighbour& other) const {
      return distance < other.distance || (distance == other.distance && row < other.row);
    }
  };

  void predict_rows(std::span<const float> features, std::size_t count, std::span<float> out) const {
    const std::size_t wanted = std::min(static_cast<std::size_t>(params_.k), rows_.size());
    std::vector<const float*> asked(count);
    for (std::size_t i = 0; i < count; ++i) asked[i] = features.data() + i * rows_.columns();
    std::vector<const float*> known(kKnownAtOnce);
    std::vector<float> distances(count * kKnownAtOnce);
    std::vector<std::vector<Neighbour>> nearest(count);  // heaps: the furthest on top
    for (auto& heap : nearest) heap.reserve(wanted + 1);
    for (std::size_t first = 0; first < rows_.size(); first += kKnownAtOnce) {
      const std::size_t block = std::min(kKnownAtOnce, rows_.size() - first);
      for (std::size_t i = 0; i < block; ++i) known[i] = rows_.row(first + i);
      pair_rows(RowPair::SquaredDistance, asked, std::span(known).first(block), rows_.columns(), distances.data(),
                kKnownAtOnce);
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < block; ++j) {
          const float distance = distances[i * kKnownAtOnce + j];
          if (nearest[i].size() == wanted && distance >= nearest[i].front().distance) continue;
          nearest[i].push_back({distance, first + j});
          std::push_heap(nearest[i].begin(), nearest[i].end());
          if (nearest[i].size() <= wanted) continue;
          std::pop_heap(nearest[i].begin(), nearest[i].end());
          nearest[i].pop_back();
        }
    }
    for (std::size_t i = 0; i < count; ++i) vote(nearest[i], out.subspan(i * setup_.outputs(), setup_.outputs()));
  }

  /// The shares of the neighbours' classes, or the mean of their numbers. One at the very place outweighs all that are
  /// not, where distance counts. Distances are shares of the shortest, which lets their size fall out. One that is no
  /// number of single precision (features beyond 1e19) counts for nothing beside those that are; where all are, they
  /// are equally far.
  void vote(std::vector<Neighbour>& nearest, std::span<float> out) const {
    const bool by_distance = params_.weights == "distance";
    std::sort(nearest.begin(), nearest.end());
    const double shortest = nearest.empty() ? 0 : static_cast<double>(nearest.front().distance);
    const bool alike = shortest == 0 || !std::isfinite(shortest);
    std::vector<double> sums(out.size(), 0);
    double all = 0;
    for (const Neighbour& neighbour : nearest) {
      double weight = 1;
      if (by_distance && alike)
        weight = neighbour.distance == nearest.front().distance ? 1 : 0;
      else if (by_distance)
        weight = std::sqrt(shortest / static_cast<double>(neighbour.distance));
      all += weight;
      if (setup_.classes > 0)
        sums[static_cast<std::size_t>(rows_.labels()[neighbour.row])] += weight;
      else
        sums[0] += weight * rows_.numbers()[neighbour.row];
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(sums[i] / all);
  }

  NearestParams params_;
  EstimatorSetup setup_;
  LearnerRows rows_;
  std::vector<Error> notices_{};
};

struct NearestNeighbours {
  using Params = NearestParams;

  static NodeSpec spec() {
    return node<NearestNeighbours>("nearest_neighbours", 1, "Nearest neighbours",
                                   "Predicts what the most similar training records have: classes or numbers.")
        .help(
            "Nothing is fitted: it keeps the training records, and each prediction compares a record with all of them "
            "by Euclidean distance. So it is ready at once, and slow to predict: watch the phase predict. The share "
            "of the neighbours that are of a class is its probability; of numbers the mean is predicted. Of equally "
            "near records the one that was read first counts.\n\n"
            "It takes 4 bytes for each number of the training features. Put standardise in front of it: the distance "
            "adds up all columns. Where there are many columns, most of them say nothing; pca keeps those that do.")
        .with(learner_ports<NearestNeighbours>)
        .param("k", &Params::k, range(1, 10000).ui(1, 50), "How many neighbours count.")
        .choice("weights", &Params::weights, {"uniform", "distance"},
                "All neighbours count alike, or nearer ones more: by 1 / distance.")
        .example({{"k", std::int64_t{3}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Both);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    if (Status room = check_fit_memory(learner_rows_bytes(setup), rows_in_words(setup),
                                       "Put pca in front of it, use fewer records (the source's limit), or linear_svm "
                                       "with solver=streaming, which keeps no rows");
        !room)
      return fail(std::move(room.error()));
    return std::make_unique<NearestLearner>(params, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(NearestNeighbours)
