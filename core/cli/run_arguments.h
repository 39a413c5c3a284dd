// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/drive.h"
#include "cli/graph_arguments.h"
#include "training/run.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace feedline::cli {

/// The arguments that `run` and `profile` share; `batches` knows those of the data side.
struct RunArguments {
  std::string file{};
  std::vector<std::string> set{};
  std::optional<std::uint32_t> epochs{};
  std::optional<std::uint64_t> max_steps{};
  std::optional<std::string> device{};
  std::optional<std::int64_t> seed{};
  std::optional<std::size_t> workers{};
  bool staged = false;
  bool no_meters = false;
  bool no_record = false;                      ///< of `run`
  std::optional<std::uint64_t> max_records{};  ///< of `run` as a rank of a measuring command, as the next one
  bool no_validation = false;
  std::string json{};
  std::string trace{};
  std::string bad_records{};  ///< of `run`
  std::string tensorboard{};  ///< of `run`: a folder

  [[nodiscard]] RunOptions options() const;
};

/// FILE, --set, --epochs, --seed, --workers, --staged.
void add_data_arguments(CLI::App& command, RunArguments& arguments);
void add_run_arguments(CLI::App& command, RunArguments& arguments);

/// Writes what --json and --trace ask for, if data flowed. Returns `code`, or that of a file that cannot be written.
[[nodiscard]] ExitCode write_results(const RunArguments& arguments, const Outcome& outcome, ExitCode code);

/// Everything before a run that can be wrong: reads the graph, applies `--set`, checks the graph and the place of the
/// JSON. Warnings go to standard error. The error is the first problem; how many more there are stands in its remedy.
[[nodiscard]] Result<Document> prepare(const RunArguments& arguments);

}  // namespace feedline::cli
