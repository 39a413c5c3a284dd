// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "state/checkpoint_files.h"
#include "training/inference/inference.h"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace feedline::cli {

/// What `predict`, `evaluate` and `importance` share.
struct InferenceArguments {
  std::optional<std::string> device{};
  std::optional<std::size_t> workers{};
  std::string json{};

  [[nodiscard]] InferenceOptions options() const { return {.device = device, .workers = workers}; }
};

/// --device, --workers, --json.
void add_inference_arguments(CLI::App& command, InferenceArguments& arguments);

/// On which records a checkpoint is measured, by `evaluate` and `importance`.
struct MeasuredArguments {
  std::vector<std::string> set{};
  std::string data{};
  bool all = false;

  /// Every record, not only those that the graph sets aside for validation?
  [[nodiscard]] bool all_records() const { return all || !data.empty(); }
};

/// --set, --data, --all.
void add_measured_arguments(CLI::App& command, MeasuredArguments& arguments);
/// The checkpoint's graph with what --set and --data ask for. Errors: theirs.
[[nodiscard]] Result<Document> measured_graph(const TrainingState& state, const MeasuredArguments& arguments);

/// A checkpoint, or the best of a folder; damaged ones that are passed over are told on standard error.
[[nodiscard]] Result<OpenedCheckpoint> open_for_inference(const std::string& place);

}  // namespace feedline::cli
