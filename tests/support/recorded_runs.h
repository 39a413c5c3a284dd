// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The record of runs in tests: a file of it opened, one run recorded, one read. What cannot fail ends the program.

#include "runs/database.h"
#include "runs/run_recorder.h"
#include "runs/run_store.h"
#include "support/wait_until.h"

#include <QtGlobal>

#include <cstdint>
#include <filesystem>
#include <utility>

namespace feedline::test {

inline Database open_runs(const std::filesystem::path& file) {
  auto database = Database::open(file);
  if (!database) qFatal("%s", database.error().line().c_str());
  return std::move(*database);
}

/// Records one run; its id.
inline std::int64_t record_run(const std::filesystem::path& file, const RunHeader& head, RunNews news) {
  RunRecorder recorder(head, file);
  recorder.tell(std::move(news));
  (void)wait_until([&] { return recorder.id() != 0; });
  return recorder.id();
}

[[nodiscard]] inline RunRecord recorded_run(Database& database, std::int64_t id) {
  auto run = load_run(database, id);
  if (!run) qFatal("%s", run.error().line().c_str());
  return std::move(*run);
}

}  // namespace feedline::test
