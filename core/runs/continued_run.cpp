// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/continued_run.h"

#include "runs/process_mark.h"
#include "runs/run_record.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace feedline::inline runs {
namespace {

bool is_written_by_another(const std::string& status, const std::string& process) {
  if (status != name(RunStatus::Preparing) && status != name(RunStatus::Running)) return false;
  return ProcessMark::parse(process).look() == ProcessMark::State::Alive;
}

}  // namespace

Result<bool> may_continue(Database& database, const ContinuedRun& earlier) {
  if (earlier.run == 0) return false;
  auto row = database.prepare(
      "SELECT status, process FROM runs WHERE id = ? AND started_at = ? AND removed_at = 0 AND EXISTS"
      " (SELECT 1 FROM properties WHERE run = runs.id AND kind = 'environment' AND name = ? AND value = ?)");
  if (!row) return fail(std::move(row.error()));
  row->bind(earlier.run).bind(earlier.started_at).bind(earlier.property.first).bind(earlier.property.second);
  auto found = row->step();
  if (!found) return fail(std::move(found.error()));
  return *found && !is_written_by_another(row->text(0), row->text(1));
}

Status cut_back(Database& database, const ContinuedRun& earlier) {
  for (const char* sql : {"DELETE FROM epochs WHERE run = ? AND epoch > ?", "DELETE FROM metrics WHERE run = ? AND epoch > ?"}) {
    auto statement = database.prepare(sql);
    if (!statement) return fail(std::move(statement.error()));
    if (Status done = statement->bind(earlier.run).bind(static_cast<std::int64_t>(earlier.epochs)).execute(); !done)
      return done;
  }
  for (const char* sql : {"DELETE FROM properties WHERE run = ? AND kind IN ('parameter', 'environment')",
                          "DELETE FROM errors WHERE run = ?", "DELETE FROM stages WHERE run = ?"}) {
    auto statement = database.prepare(sql);
    if (!statement) return fail(std::move(statement.error()));
    if (Status done = statement->bind(earlier.run).execute(); !done) return done;
  }
  return {};
}

Result<EarlierCurves> earlier_curves(Database& database, const ContinuedRun& earlier) {
  EarlierCurves curves;
  auto head = database.prepare(
      "SELECT columns, (SELECT value FROM properties WHERE run = runs.id AND kind = ? AND name = ?) FROM runs"
      " WHERE id = ?");
  if (!head) return fail(std::move(head.error()));
  auto found = head->bind(kCurvesKind).bind(kStrideName).bind(earlier.run).step();
  if (!found) return fail(std::move(found.error()));
  if (!*found) return curves;
  std::istringstream names(head->text(0));
  for (std::string column; std::getline(names, column);) curves.columns.push_back(column);
  const std::string stride = head->text(1);
  (void)std::from_chars(stride.data(), stride.data() + stride.size(), curves.stride);
  curves.stride = std::max<std::size_t>(curves.stride, 1);

  auto rows = database.prepare("SELECT numbers FROM series WHERE run = ? ORDER BY position");
  if (!rows) return fail(std::move(rows.error()));
  rows->bind(earlier.run);
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    const std::vector<double> numbers = rows->numbers(0);
    if (numbers.empty() || numbers.size() != curves.columns.size() || numbers.front() > earlier.wall_s) continue;
    curves.values.insert(curves.values.end(), numbers.begin(), numbers.end());
  }
  if (!row) return fail(std::move(row.error()));
  return curves;
}

}  // namespace feedline::inline runs
