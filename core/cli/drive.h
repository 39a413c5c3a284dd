// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/exit_code.h"
#include "cli/interrupts.h"
#include "diagnosis/curves.h"
#include "diagnosis/verdict.h"
#include "exporting/event_file.h"
#include "recording/run_log.h"
#include "training/run.h"

#include <optional>
#include <string>
#include <vector>

namespace feedline::cli {

/// A run that was watched to its end.
struct Outcome {
  RunResult result{};
  bool interrupted = false;  ///< by Ctrl-C or SIGTERM
  bool started = false;      ///< data flowed, so the result holds measurements
  /// Of the whole run, as the record has it; nothing without meters, or where there were too few steps.
  std::optional<Diagnosis> diagnosis{};
  std::vector<CurveFinding> curves{};  ///< what the losses and metrics of its epochs say
  std::string trace{};                 ///< the timeline as JSON (telemetry/trace_export.h), if asked for
};

/// Runs a graph, shows progress on standard error, and stops it on Ctrl-C. `interrupts` is the caller's, so that a
/// second Ctrl-C also works while the caller writes its results. `log`: where the run is recorded; null: nowhere.
/// `events`: what TensorBoard follows; null: nothing.
[[nodiscard]] Outcome drive(Document document, const RunOptions& options, Interrupts& interrupts,
                            bool with_trace = false, RunLog* log = nullptr, EventFile* events = nullptr);

/// The records that were left out, by kind, on standard error.
void list_errors(const std::vector<RecordError>& errors);

/// Says on standard error how it ended, and which records were left out; returns the exit code.
ExitCode conclude(const Outcome& outcome);

}  // namespace feedline::cli
