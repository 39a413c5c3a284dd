// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/run.h"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <string>

namespace feedline::cli {

/// What `run` is told about checkpoints.
struct CheckpointArguments {
  std::string folder{};
  std::string every{};
  std::size_t keep = 2;
  std::string best_by{};
  bool none = false;
  bool resume = false;
  std::string resume_from{};  ///< empty: the folder, or the newest run of this graph
  std::string init_from{};
};

void add_checkpoint_arguments(CLI::App& command, CheckpointArguments& arguments);

/// Finds what a run goes on from and where its checkpoints go, and says so on standard error. Errors: an interval that
/// is none, options that exclude each other, a checkpoint that is missing or damaged, a folder that holds another
/// run's.
Status apply_checkpoint_arguments(const CheckpointArguments& arguments, const std::string& graph, RunOptions& options);

/// "500steps", "5min", "1epoch" into the interval of the options. Error: it is none.
Status set_interval(std::string_view text, CheckpointOptions& options);

}  // namespace feedline::cli
