// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/live_table.h"
#include "training/run.h"

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::cli {

/// What a run shows on standard error: on a terminal a table of its stages that is redrawn in its place, elsewhere a
/// plain line every few seconds; and lines that stay for the facts (started, epoch done, records left out).
class Progress {
 public:
  explicit Progress(const RunOptions& options);

  void show(const Preparing& fact);
  void show(const Started& fact);
  void show(const RecordFailed& fact);
  void show(const Noticed& fact);
  void show(const EpochDone& fact);
  /// Redraws if it is time to.
  void tick(const Snapshot& now);
  /// A line that stays, above the live one.
  void line(std::string_view text);
  /// Takes the live lines away.
  void clear();
  /// How long tick() may be left alone.
  [[nodiscard]] std::chrono::milliseconds period() const;

 private:
  struct Recent {
    double samples_per_s = 0;
    double steps_per_s = 0;
    double wait_share = 0;
  };
  /// Rates are means over so long.
  [[nodiscard]] Nanos window() const;
  [[nodiscard]] Recent recent(const Snapshot& now);
  [[nodiscard]] std::optional<double> seconds_left(const Snapshot& now, const Recent& recent) const;
  [[nodiscard]] std::string describe(const Snapshot& now);
  [[nodiscard]] std::vector<LiveLine> tables(const Snapshot& now) const;
  /// A plain line, or the live ones: `table`, with `text` below it.
  void live(std::string_view text, std::vector<LiveLine> table = {});
  /// What takes the live lines off the screen.
  [[nodiscard]] std::string erase();
  [[nodiscard]] bool due();

  bool terminal_;
  bool train_;
  std::optional<double> max_seconds_;
  std::uint64_t steps_before_;  ///< of a run that goes on, when it began
  std::chrono::steady_clock::time_point last_;
  std::string preparing_{};  ///< what is being done before data flow, and since when
  Nanos preparing_since_ = 0;
  std::vector<LiveLine> shown_{};  ///< the live lines on the screen
  /// Snapshots of the last seconds, without their curves.
  std::deque<Snapshot> history_{};
};

/// "epoch 2/5  loss 0.4120 accuracy 87.1 %  | validation loss ...": whatever was measured.
[[nodiscard]] std::string epoch_line(const EpochResult& epoch, std::uint32_t epochs);

}  // namespace feedline::cli
