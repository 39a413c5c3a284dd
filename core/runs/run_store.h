// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/database.h"
#include "runs/run_record.h"

namespace feedline::inline runs {

/// Which runs are wanted.
struct RunQuery {
  /// Words, each of which must stand somewhere: in the id, title, file, note, tags, verdict, failure, device, status or
  /// parameters (`batch.size=64`). Upper and lower case are alike.
  std::string text{};
  std::string tag{};      ///< exactly; empty: any
  std::size_t limit = 0;  ///< 0: all
  bool removed = false;   ///< those that were deleted, instead of the others
};

/// Pinned ones first, then newest first.
[[nodiscard]] Result<std::vector<RunSummary>> list_runs(Database& database, const RunQuery& query = {});
/// Error: there is no such run, or it was deleted.
[[nodiscard]] Result<RunRecord> load_run(Database& database, std::int64_t id);
/// Changes whenever another connection than this one has changed the record; cheap to ask.
[[nodiscard]] Result<std::int64_t> record_version(Database& database);

// What people put beside a run. Error: there is no such run.
[[nodiscard]] Status set_note(Database& database, std::int64_t id, std::string_view note);
[[nodiscard]] Status set_pinned(Database& database, std::int64_t id, bool pinned);
/// Error: a tag that is empty, or has white space or commas in it.
[[nodiscard]] Status add_tag(Database& database, std::int64_t id, std::string_view tag);
[[nodiscard]] Status remove_tag(Database& database, std::int64_t id, std::string_view tag);
/// Out of sight, but kept for 30 days. Error: the run is still going on.
[[nodiscard]] Status remove_run(Database& database, std::int64_t id);
[[nodiscard]] Status restore_run(Database& database, std::int64_t id);

/// There is no such run: why, and what to do.
[[nodiscard]] Error no_such_run(std::int64_t id);

}  // namespace feedline::inline runs
