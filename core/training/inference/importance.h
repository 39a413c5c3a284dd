// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Which features a trained model rests on. Free of LibTorch.

#include "training/inference/inference.h"

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline training {

struct ImportanceOptions {
  std::string metric{};            ///< by its key, "loss" among them; empty: the first that is not the loss
  std::int64_t repeats = 5;        ///< shuffles of each feature, 1 or more
  std::uint64_t records = 10'000;  ///< that are looked at, at most
  std::uint64_t seed = 1;          ///< keys the shuffles: the same again for the same data
};

/// What a metric loses where a feature's numbers are dealt out to other records.
struct FeatureImportance {
  std::string name{};    ///< of the column, else "FIELD[3]"
  double loss = 0;       ///< mean over the repeats, in the metric's unit; below 0: the model is better without
  double deviation = 0;  ///< over the repeats
};

struct ImportanceReport {
  MetricValue metric{};  ///< of the data as they are
  std::uint64_t records = 0;
  std::vector<FeatureImportance> features{};  ///< the one that matters most first
  std::vector<BadRecord> bad{};
  double wall_s = 0;
};

/// Permutation importance: the model is measured on the data, and again with one feature after the other shuffled over
/// the records, so that the feature keeps its values and loses its meaning. Two features that say the same hide each
/// other. Source: L. Breiman, "Random forests", Machine Learning 45, 2001, as scikit-learn's permutation_importance.
/// Data as for evaluate(); they are held in memory, 1 GiB at most, and evaluated features × repeats + 1 times.
/// Errors: those of evaluate(); no vectors of features enter the model; no such metric; more memory than that; stopped.
[[nodiscard]] Result<ImportanceReport> feature_importance(const TrainingState& state, const Document& document,
                                                          bool all, const ImportanceOptions& wanted,
                                                          const InferenceOptions& options);

}  // namespace feedline::inline training
