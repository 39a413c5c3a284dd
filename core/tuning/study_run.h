// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to tuning: one part of a trial of a study.

#include "base/temporary_folder.h"
#include "tuning/study.h"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>

namespace feedline::inline tuning {

/// That a run of the graph has; 0: it has no end.
[[nodiscard]] std::uint32_t epochs_of_run(const Document& document, const RunOptions& options);

/// A folder of its own for checkpoints, removed at the end.
class StudyFolder {
 public:
  StudyFolder();
  /// Of a trial; empty where no folder could be made: then trials begin anew.
  [[nodiscard]] std::filesystem::path of(std::size_t trial) const;
  void drop(std::size_t trial) const;

 private:
  std::optional<TemporaryFolder> root_{};
};

/// Trains until so many epochs of a trial are over, from its checkpoint where there is one.
class StudyRun {
 public:
  StudyRun(const Study& study, StudyTrial& trial, const StudyOptions& options, std::filesystem::path checkpoints);
  /// `go_on` is asked about twenty times a second, with the newest snapshot; false ends the run, and what an unfinished
  /// epoch has come to is left out. Fails only in `trial.failure`.
  void train(std::uint32_t epochs, const std::function<bool(const Snapshot&)>& go_on);

 private:
  void take(const Fact& fact);
  void stop_where_due();
  void add(const RunResult& result);
  [[nodiscard]] RunOptions run_options();

  const Study& study_;
  StudyTrial& trial_;
  const StudyOptions& options_;
  std::filesystem::path checkpoints_;
  std::uint32_t until_ = 0;
  std::uint32_t own_epochs_ = 0;

  std::mutex mutex_{};
  std::vector<EpochRecord> epochs_{};
  bool cut_ = false;  ///< ended in the middle of an epoch
  Run* run_ = nullptr;
  RunResult result_{};
};

}  // namespace feedline::inline tuning
