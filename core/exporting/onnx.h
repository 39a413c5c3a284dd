// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "exporting/exported_model.h"

#include <filesystem>
#include <string>

namespace feedline::inline exporting {

/// The network as it predicts, as a model of ONNX (operator set 13): its inputs are the fields of a batch, of any
/// number of records; its outputs the values that losses compare, before any softmax. Names of the classes, and what
/// normalise does, stand in its metadata. Errors name the node that cannot be written.
[[nodiscard]] Result<std::string> onnx_model(const ExportedModel& model);

/// Errors: those of above; it cannot be written (file, remedy).
Status write_onnx(const ExportedModel& model, const std::filesystem::path& file);

}  // namespace feedline::inline exporting
