// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/run.h"

#include <optional>
#include <string>
#include <vector>

namespace feedline::inline training {

/// The JSON of `feedline-cli run --json` and `profile --json`: a stable interface, described in
/// resources/help/run-json.md. Times in seconds, rates per second; numbers that have no meaning are null.
[[nodiscard]] std::string report_json(const RunResult& result);

/// One row a record that was left out: the columns of check_csv(), then how often and in how many epochs.
[[nodiscard]] std::string bad_records_csv(const std::vector<BadRecord>& records);

/// One line of the per-stage table.
struct StageRow {
  std::string node{};
  std::string type{};
  std::uint64_t records = 0;
  double records_per_s = 0;
  double cpu_s = 0;
  double busy_s = 0;
  double starved_s = 0;
  double blocked_s = 0;
  double queue_fill = 0;
  std::size_t workers = 0;
  double share = 0;  ///< of all stages' CPU time
  std::optional<CacheSample> cache{};
  std::vector<PaddingSample> padding{};
};

/// The stages between two snapshots.
[[nodiscard]] std::vector<StageRow> stage_rows(const Snapshot& earlier, const Snapshot& later);

/// Versions of Feedline and of the libraries at hand: {"feedline", "0.1.0"}, {"libtorch", ...}, ... None is empty.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace feedline::inline training
