// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What somebody can ask a model about, and one record that is typed. Free of LibTorch.

#include "base/error.h"
#include "graph/document.h"
#include "schema/tensor_desc.h"
#include "state/training_state.h"
#include "training/inference/inference.h"

#include <optional>
#include <string>
#include <vector>

namespace feedline::inline training {

/// Of what somebody can give records to a model.
enum class GivenForm {
  Pictures,  ///< files
  Lines,     ///< of text
  Rows       ///< of tables
};

/// What a record has to tell a model.
struct ModelInput {
  GivenForm form = GivenForm::Pictures;
  std::vector<Column> columns{};  ///< of rows: those that the model was trained on, without the label
  bool operator==(const ModelInput&) const = default;
};

/// What the records of this graph's first source are. None: nothing can be given to it, or there is no source.
[[nodiscard]] std::optional<GivenForm> given_form_of(const Document& document);
/// Of a checkpoint. Errors: nothing can be given to its model; a state that is no checkpoint.
[[nodiscard]] Result<ModelInput> model_input_of(const TrainingState& state);

/// What a model says of one record that was typed: a text, which may have several lines, or one cell for each of
/// model_input_of().columns, where an empty one is a missing value; numbers have a decimal point. It goes the way of
/// any record: see predict(). Errors: a model that reads pictures; another number of cells; the reason for which it is
/// a bad record; those of predict().
[[nodiscard]] Result<Predictions> predict_typed(const TrainingState& state, const std::vector<std::string>& cells,
                                                const InferenceOptions& options);

}  // namespace feedline::inline training
