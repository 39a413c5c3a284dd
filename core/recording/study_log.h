// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "recording/run_log.h"
#include "tuning/study.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace feedline::inline recording {

/// Records the trials of a study, or of baselines: each is a run with the study's name as its tag and its setting and
/// seed as its note. A trial that goes on from a checkpoint is the same run; one that begins anew replaces the run of
/// its part before. For StudyOptions::open_log. `on_fault`: of the record, told once; the study goes on without it.
[[nodiscard]] std::function<std::unique_ptr<TrialLog>(const Study&, const StudyTrial&, const RunOptions&)>
record_trials(RunSource source, RunRecorder::OnFault on_fault = {},
              std::filesystem::path file = default_data_folder() / "runs.db");

}  // namespace feedline::inline recording
