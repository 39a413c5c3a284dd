// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A trained model in the formats of other programs: what the command line and the window call.

#include "base/error.h"
#include "state/training_state.h"

#include <filesystem>
#include <string>
#include <vector>

namespace feedline::inline exporting {

/// Where each format goes; empty: it is not wanted.
struct ExportTargets {
  std::filesystem::path pytorch{};      ///< a folder
  std::filesystem::path onnx{};         ///< a file
  std::filesystem::path torchscript{};  ///< a file
  std::filesystem::path safetensors{};  ///< a file: parameters and buffers under readable names
  std::filesystem::path card{};         ///< a file, .md or .html

  [[nodiscard]] bool any() const;
};

/// Writes what is wanted, format by format, each as a whole or not at all; returns what was written. Opens none of the
/// data. `checkpoint`: where the state was read from.
/// Errors: exported_model(); a node that a format cannot have (node, reason); a place that cannot be written (file,
/// remedy). What was written before stays.
[[nodiscard]] Result<std::vector<std::filesystem::path>> export_files(const TrainingState& state,
                                                                      const std::filesystem::path& checkpoint,
                                                                      const ExportTargets& targets);

}  // namespace feedline::inline exporting
