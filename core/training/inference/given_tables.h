// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/error.h"
#include "schema/node_spec.h"
#include "schema/tensor_desc.h"
#include "state/training_state.h"

#include <memory>
#include <string>
#include <vector>

namespace feedline::inline training {

/// The rows of these CSV files, one after the other, in place of the table that a model was trained on: its columns are
/// found by their names, whatever their order; others, a label too, are passed over. "-" is standard input, which is
/// written to a temporary file first. Files are read as the training source was told to, where that reads CSV. Records
/// are named "file:line". Errors: a file that cannot be read, or lacks a column of the training data.
[[nodiscard]] Result<std::shared_ptr<const Source>> given_tables(const NodeSpec& source, const ParamMap& params,
                                                                 const TrainingState& state,
                                                                 const std::vector<std::string>& inputs,
                                                                 const SourceContext& context);

/// One row that was typed, of one cell a column of `columns`: written to a temporary file of Feedline's own form, which
/// goes with the source, and read by given_tables(). What stands for a missing value is what the training source says.
/// Errors: no room for the file; those of given_tables().
[[nodiscard]] Result<std::shared_ptr<const Source>> given_row(const NodeSpec& source, const ParamMap& params,
                                                              const TrainingState& state,
                                                              const std::vector<Column>& columns,
                                                              const std::vector<std::string>& cells,
                                                              const SourceContext& context);

}  // namespace feedline::inline training
