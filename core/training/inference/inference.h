// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a checkpoint is good for besides going on: predictions, and figures on other data. Free of LibTorch.

#include "base/results.h"
#include "engine/pipeline.h"
#include "graph/document.h"
#include "state/training_state.h"
#include "training/evaluation.h"
#include "training/residual_plot.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {

struct InferenceOptions {
  std::optional<std::string> device{};  ///< unset: what the graph says
  std::optional<std::size_t> workers{};
  std::filesystem::path cache_folder{};  ///< empty: default_cache_folder()
  std::uint64_t most = 0;                ///< records that predict() answers for, the first ones; 0: all
  bool cells = false;                    ///< fill RecordPrediction::cells
  std::stop_token stop{};
};

/// What a model says of one record.
struct RecordPrediction {
  std::uint64_t record = 0;  ///< index of the input, all folders opened
  std::string file{};        ///< or "file:line"
  /// Of classes and labels their probabilities, the likeliest first; of numbers the numbers, in the model's order.
  struct Value {
    std::string name{};  ///< of the class ("3" where it has none); empty: a number
    double value = 0;
  };
  std::vector<Value> values{};
  /// Of a row or a text what predict_typed() would take for it; a missing value is empty.
  std::vector<std::string> cells{};
};

/// Does a record have this one of several labels?
[[nodiscard]] inline bool has_label(const RecordPrediction::Value& value) { return value.value > 0.5; }

struct Predictions {
  bool classes = true;                          ///< else numbers
  bool several_labels = false;                  ///< classes of which a record may have any number: see has_label()
  std::vector<RecordPrediction> predictions{};  ///< in the order of the inputs
  std::vector<BadRecord> bad{};                 ///< inputs that could not be used, with the reason
  std::uint64_t inputs = 0;
  Execution execution{};
};

/// Predicts what each input is, with the weights of a checkpoint and the preprocessing that training validated with:
/// random nodes take their fixed form, fitted ones know what they had learnt. Inputs are picture files and folders (all
/// pictures in them, by name); of a model of texts, text files of one record a line; of a model of tables, CSV files
/// with its columns by name (given_tables()); "-" is standard input, which brings one picture, or texts or rows. A
/// model of several losses answers for the first that compares. Errors: an input that is not there, a folder without
/// pictures, a graph that predicts nothing from files, a state that is no checkpoint or does not fit its graph, the
/// device; stopped.
[[nodiscard]] Result<Predictions> predict(const TrainingState& state, const std::vector<std::string>& inputs,
                                          const InferenceOptions& options);

/// Figures of a model on some data.
struct CheckpointEvaluation {
  Metrics metrics{};                                ///< the loss first
  std::shared_ptr<const Evaluation> confusion{};    ///< null where there are no classes
  std::shared_ptr<const ResidualPlot> residuals{};  ///< null where no numbers are compared
  std::uint64_t samples = 0;
  std::vector<RecordError> errors{};
  std::vector<BadRecord> bad{};
  double wall_s = 0;
  Execution execution{};
};

/// Measures a checkpoint with all metrics. `document`: graph_of() the checkpoint, whose sources may name other data. By
/// default on the graph's validation data; `all`: on every record of the validation source, or of the training source
/// where there is no other, whose classes are matched by name. A balanced loss weighs the classes as in training,
/// whatever the data; of a checkpoint that does not tell how, all records of other data count the same.
/// Errors: there are no validation data; classes that the checkpoint does not know; those of predict().
[[nodiscard]] Result<CheckpointEvaluation> evaluate(const TrainingState& state, const Document& document, bool all,
                                                    const InferenceOptions& options);

/// The same graph with this file or folder as its data. Errors: there is not one source with one path; name it by
/// --set.
[[nodiscard]] Result<Document> with_data(Document document, const std::string& path);

}  // namespace feedline::inline training
