// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to runs: what a recorder's thread does with the file.

#include "runs/bounded_table.h"
#include "runs/continued_run.h"
#include "runs/database.h"
#include "runs/run_record.h"

#include <optional>

namespace feedline::inline runs {

/// What is known of a run before it begins.
struct RunHeader {
  std::string title{};
  std::string file{};
  std::string origin{};
  std::string graph{};
  std::int64_t seed = 0;
  Properties parameters{};
  /// The run that it goes on. If the record no longer has that one, a new one begins.
  ContinuedRun continues{};
};

/// What became known since the last write. Small: whatever is newer replaces what is older, or is bounded.
struct RunNews {
  std::optional<RunStatus> status{};
  std::optional<std::string> device{};
  Properties environment{};
  std::optional<RunFigures> figures{};
  std::optional<RunResults> results{};
  std::optional<VerdictRecord> verdict{};
  std::string failure{};
  double ended_at = 0;
  std::vector<EpochRecord> epochs{};
  std::vector<ErrorRecord> errors{};                     ///< new kinds
  std::optional<std::vector<ErrorRecord>> all_errors{};  ///< with their counts, in place of those
  std::vector<StageRecord> stages{};
  std::vector<std::string> columns{};
  std::vector<double> samples{};  ///< rows of the columns
  std::vector<CurvePoint> loss{};

  /// Takes over what is newer.
  void merge(RunNews&& newer);
};

/// Writes one run. What could not be written is kept, and written with what comes next.
class RunWriter {
 public:
  explicit RunWriter(RunHeader header) : header_(std::move(header)) {}

  /// One transaction. Errors: of the file; nothing of it was written then.
  [[nodiscard]] Status write(Database& database, RunNews news);
  /// 0 until the run is in the file.
  [[nodiscard]] std::int64_t id() const { return id_; }
  /// Seconds since 1970; of a run that goes on, of its first part.
  [[nodiscard]] double started_at() const { return started_at_; }

 private:
  void take(RunNews& news);
  [[nodiscard]] Status begin(Database& database);
  [[nodiscard]] Status begin_anew(Database& database);
  [[nodiscard]] Status go_on(Database& database, const ContinuedRun& earlier);
  void join_curves();
  [[nodiscard]] Status write_run(Database& database);
  [[nodiscard]] Status write_results(Database& database);
  [[nodiscard]] Status write_lists(Database& database);
  [[nodiscard]] Status write_series(Database& database);
  [[nodiscard]] Status write_loss(Database& database);
  void written();

  RunHeader header_;
  std::int64_t id_ = 0;
  double started_at_ = 0;
  bool begun_ = false;
  RunNews open_{};  ///< not written yet
  std::optional<BoundedTable> series_{};
  std::vector<std::string> columns_{};
  std::size_t told_columns_ = 0;                   ///< of these so many come from the run, the others are of its past
  std::optional<EarlierCurves> earlier_curves_{};  ///< of the run that goes on; empty once they are among the others
  std::size_t stride_written_ = 0;
  std::vector<CurvePoint> loss_{};
  std::vector<CurvePoint> loss_written_{};
  std::int64_t errors_written_ = 0;
};

}  // namespace feedline::inline runs
