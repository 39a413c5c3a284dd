// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What diagnose, whatif, prove and tune share: arguments, interruption, progress, the fixes of a graph.

#include "cli/exit_code.h"
#include "cli/run_arguments.h"
#include "cli/stop_on_interrupt.h"
#include "diagnosis/fix.h"
#include "tuning/live_run.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace feedline::cli {

struct MeasureArguments {
  std::string file{};
  std::vector<std::string> set{};
  std::optional<std::string> device{};
  std::optional<double> memory{};      ///< bytes that caches may take
  std::optional<std::size_t> cores{};  ///< only so many of the machine's are used
  std::string json{};
  int processes = 1;  ///< that train together, this one among them
};

/// FILE, --set, --device, --json.
void add_measure_arguments(CLI::App& command, MeasureArguments& arguments);
/// --memory and --cores as limits.
void add_budget_arguments(CLI::App& command, MeasureArguments& arguments);

/// --nproc.
CLI::Option* add_processes(CLI::App& command, MeasureArguments& arguments);

/// With several processes keeps this one, rank 0, to its part of the cores, as launch does; so before anything else.
/// Error: this program cannot find itself.
[[nodiscard]] Result<HelperPlan> share_cores(const MeasureArguments& arguments);

/// Reads the graph and applies --set; restricts the process to --cores. Errors: as of a run.
[[nodiscard]] Result<Document> prepare(const MeasureArguments& arguments);

/// Ctrl-C and SIGTERM as a stop token, and progress on standard error, for as long as it lives.
class Watch {
 public:
  explicit Watch(const MeasureArguments& arguments, HelperPlan helpers = {});
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] const MeasureOptions& options() const { return options_; }
  /// Says on standard error how it failed, and gives the exit code.
  [[nodiscard]] ExitCode failed(const Error& error) const;

 private:
  MeasureOptions options_{};
  StopOnInterrupt stop_{};
};

[[nodiscard]] std::vector<Fix> fixes_of(const Examination& examination);

/// `verdict`, `measured_samples_per_s`, `ceiling_samples_per_s`, `limits`, `fixes`: see resources/help/diagnosis.md.
[[nodiscard]] std::string examination_json(const Examination& examination, const std::vector<Fix>& fixes);
/// The same for people.
[[nodiscard]] std::string examination_text(const Examination& examination, const std::vector<Fix>& fixes,
                                           std::size_t width);
/// "the cores", "the training step (trainer)": what makes a limit.
[[nodiscard]] std::string limit_text(const Limit& limit);

/// Writes the text to standard output, or to standard error where JSON goes to standard output; then the JSON.
[[nodiscard]] ExitCode deliver(const std::string& path, const std::string& text, const std::string& json);

}  // namespace feedline::cli
