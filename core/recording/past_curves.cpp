// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/past_curves.h"

#include "graph/json.h"
#include "runs/run_store.h"
#include "training/resume.h"
#include "tuning/curve_points.h"

#include <algorithm>
#include <system_error>

namespace feedline::inline recording {
namespace {

/// So many runs of a file are looked at, the newest first.
constexpr std::size_t kMostLookedAt = 20;

}  // namespace

PastCurves curves_of_last_run(const Document& document, const std::string& file, const std::filesystem::path& record) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(record, error)) return {};  // looking makes no record
  auto database = Database::open(record);
  auto runs = database ? list_runs(*database) : Result<std::vector<RunSummary>>(fail(database.error()));
  if (!runs) return {};
  std::erase_if(*runs, [&](const RunSummary& run) { return run.file != file; });
  std::sort(runs->begin(), runs->end(), [](const RunSummary& a, const RunSummary& b) { return a.id > b.id; });
  for (std::size_t i = 0; i < std::min(runs->size(), kMostLookedAt); ++i) {
    const auto run = load_run(*database, (*runs)[i].id);
    if (!run || run->epochs.size() < kEpochsNeeded) continue;
    const auto graph = from_json(run->graph);
    if (!graph || !changes_of_result(graph->document, document).none()) continue;
    return {.run = run->id, .findings = judge_record(graph->document, *run)};
  }
  return {};
}

}  // namespace feedline::inline recording
