// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline runs {

/// How a recorded run stands. Died: it was never ended, and its process no longer exists.
enum class RunStatus { Preparing, Running, Finished, Stopped, Failed, Died };
/// As it stands in the file, in JSON and in tables: "preparing", "running", ...
[[nodiscard]] std::string_view name(RunStatus status);
[[nodiscard]] constexpr bool is_active(RunStatus status) {
  return status == RunStatus::Preparing || status == RunStatus::Running;
}

/// The figures of a run at its newest moment; its end, when it has ended. NaN: not known, or without meaning.
struct RunFigures {
  static constexpr double kNone = kNotKnown;
  double steps = kNone;
  double total_steps = kNone;  ///< expected in the whole run
  double samples = kNone;
  double epoch = kNone;  ///< running, from 1
  double epochs = kNone;
  double wall_s = kNone;         ///< since its data began to flow; of a run that was resumed, of all its parts
  double cpu_s = kNone;          ///< likewise
  double samples_per_s = kNone;  ///< while training
  double wait_share = kNone;     ///< of the trainer's time, waiting for batches
  double peak_rss_bytes = kNone;
  double record_errors = kNone;
};

/// A figure by its name, which is also that of its column in the file and of its key in JSON.
struct Figure {
  std::string_view name{};
  double RunFigures::*value = nullptr;
};
[[nodiscard]] std::span<const Figure> all_figures();

struct EpochRecord {
  std::uint32_t epoch = 0;  ///< from 1
  Metrics metrics{};
  double samples_per_s = RunFigures::kNone;
  double wall_s = RunFigures::kNone;
  std::uint64_t samples = 0;
  double learning_rate = RunFigures::kNone;  ///< of its last step
};

/// What went wrong: a record that was left out (`error`), what hindered the run (`notice`), what ended it (`failure`).
struct ErrorRecord {
  std::string severity = "error";
  std::string node{};
  std::string file{};
  std::string message{};
  std::string remedy{};
  std::uint64_t count = 1;    ///< how often
  std::uint64_t records = 0;  ///< how many different records; 0: not known, or about none
  bool operator==(const ErrorRecord&) const = default;
};

/// A node of the data side over the whole run.
struct StageRecord {
  std::string node{};
  std::string type{};
  std::uint64_t workers = 0;
  std::uint64_t records = 0;
  double records_per_s = 0;
  double cpu_s = 0;
  double busy_s = 0;
  double starved_s = 0;
  double blocked_s = 0;
  double queue_fill = 0;  ///< of the queue behind it, 0..1, on average
};

/// Names with their values, in an order that means something.
using Properties = std::vector<std::pair<std::string, std::string>>;

/// The curves of a run, one row a moment, bounded however long the run was. The first column is `time_s`, seconds since
/// data began to flow; the second `step`. Columns of nodes are called `busy:decode`, `starved:decode`,
/// `blocked:decode`, `fill:decode`.
struct SeriesTable {
  std::vector<std::string> columns{};
  std::vector<double> values{};  ///< row by row; NaN where there was nothing
  [[nodiscard]] std::size_t rows() const { return columns.empty() ? 0 : values.size() / columns.size(); }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const { return values[row * columns.size() + column]; }
  /// Position of a column; columns.size() where there is none such.
  [[nodiscard]] std::size_t find(std::string_view column) const;
};

struct CurvePoint {
  double x = 0;
  double y = 0;
  bool operator==(const CurvePoint&) const = default;
};

/// What limits the run, as it was said at its end.
struct VerdictRecord {
  std::string kind{};  ///< name(VerdictKind); empty: nothing was said
  std::string node{};
  std::string text{};
};

/// How well a run did and where its step's time went, at one moment.
struct RunResults {
  Metrics metrics{};
  std::vector<PhaseTime> phases{};
};

/// A run as the history shows it.
struct RunSummary {
  std::int64_t id = 0;    ///< never given twice
  double started_at = 0;  ///< seconds since 1970
  double ended_at = 0;    ///< of a run that died: when it was last heard of; 0: it goes on
  RunStatus status = RunStatus::Preparing;
  std::string title{};
  std::string file{};    ///< of the graph; `example:NAME`, or empty
  std::string origin{};  ///< "command line", "window"
  std::string host{};
  std::string device{};
  std::int64_t seed = 0;
  RunFigures figures{};
  /// At its newest moment: of the newest epoch, or of the running one where none has ended.
  Metrics metrics{};
  std::vector<PhaseTime> phases{};  ///< of the trainer's time, validation included
  VerdictRecord verdict{};
  std::string failure{};  ///< what ended it, in one line
  std::string note{};
  std::vector<std::string> tags{};
  bool pinned = false;
  bool removed = false;  ///< can be restored
};

/// All of a run.
struct RunRecord : RunSummary {
  std::string graph{};       ///< as a .feedline file, with everything that was changed for this run
  Properties parameters{};   ///< "batch.size": "64", only those that differ from their default
  Properties environment{};  ///< "cores": "8", ...
  std::vector<EpochRecord> epochs{};
  std::vector<ErrorRecord> errors{};
  std::vector<StageRecord> stages{};
  SeriesTable series{};
  std::vector<CurvePoint> loss{};  ///< step and training loss, bounded
};

/// "2026-11-25T16:20:00Z"; empty for 0.
[[nodiscard]] std::string utc_text(double seconds_since_1970);
/// Now, in seconds since 1970.
[[nodiscard]] double wall_clock();

}  // namespace feedline::inline runs
