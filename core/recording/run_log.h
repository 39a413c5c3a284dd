// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/training_time.h"
#include "recording/sampler.h"
#include "runs/run_recorder.h"
#include "training/run.h"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace feedline::inline recording {

/// Where a run comes from, for those who look it up later.
struct RunSource {
  std::string title{};   ///< of the graph
  std::string file{};    ///< of the graph; empty if it has none
  std::string origin{};  ///< "command line", "window"
};

/// Writes a run into the record of runs (runs/run_recorder.h) from what its watchers see anyway: facts and snapshots.
/// It stands there from the moment that its data flow: a run that is refused, fails or is stopped before that is none.
/// A run that goes on from the newest checkpoint of its folder is the same run in the record, with the time and the
/// counts of all its parts; one that branches off from an earlier one, or that the record no longer has, is a new one.
/// Takes them from any thread and returns at once; a run is never slowed down or ended by its record.
class RunLog {
 public:
  /// `document` and `options` as they are given to Run::start(): what the options change is written into the graph that
  /// is kept. `file`: of the record.
  RunLog(Document document, const RunOptions& options, const RunSource& source, RunRecorder::OnFault on_fault = {},
         const std::filesystem::path& file = default_data_folder() / "runs.db");
  /// Waits until all is written: not for a thread that must not wait.
  ~RunLog() = default;
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  void take(const Fact& fact);
  /// As often as there is one: rows are made of them five times a second at most.
  void take(const Snapshot& now);
  /// Its number in the record; 0 while it has none.
  [[nodiscard]] std::int64_t id() const;
  /// The same with when it began, for its checkpoints.
  [[nodiscard]] RecordedAs recorded_as() const;
  /// Waits until all is written; its number, 0 if it has none. Nothing more is taken.
  std::int64_t close();

 private:
  struct Receiver;
  void tell(RunNews news);
  void go_on_from(const EarlierPart& earlier);
  void add_row(RunNews& news, const Snapshot& now, Nanos interval);
  [[nodiscard]] std::vector<StageRecord> stages(const Snapshot& now) const;
  [[nodiscard]] RunFigures figures(const Snapshot& now) const;
  [[nodiscard]] RunResults results(const Snapshot& now) const;
  [[nodiscard]] std::optional<VerdictRecord> verdict(const RunResult& result);

  Document document_;
  RunOptions options_;
  std::mutex mutex_{};
  Sampler sampler_{};
  std::optional<Started> started_{};
  EarlierPart earlier_{};     ///< of a run that goes on
  ContinuedRun continues_{};  ///< the same in the record
  TrainingTime time_{};
  std::optional<EpochResult> epoch_{};
  Nanos curve_at_ = 0;
  Nanos cpu_at_start_ = 0;
  std::vector<double> fill_sums_{};  ///< of each stage's queue, over the rows
  std::size_t fills_ = 0;
  ProcessSample process_{};

  RunSource source_;
  RunRecorder::OnFault on_fault_;
  std::filesystem::path file_;
  mutable std::mutex recorder_mutex_{};
  RunNews waiting_{};  ///< until the run starts
  std::optional<RunRecorder> recorder_{};
};

}  // namespace feedline::inline recording
