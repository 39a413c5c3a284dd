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

Result<std::optional<ContinuedRun>> find_continued(Database& database, ContinuedRun earlier) {
  if (earlier.property.first.empty()) return std::nullopt;
  const bool numbered = earlier.run != 0 && earlier.started_at != 0;
  std::string sql =
      "SELECT id, started_at, removed_at, status, process FROM runs WHERE EXISTS (SELECT 1 FROM properties"
      " WHERE run = runs.id AND kind = 'environment' AND name = ? AND value = ?)";
  sql += numbered ? " AND id = ? AND started_at = ?" : " ORDER BY id DESC LIMIT 1";
  auto row = database.prepare(sql);
  if (!row) return fail(std::move(row.error()));
  row->bind(earlier.property.first).bind(earlier.property.second);
  if (numbered) row->bind(earlier.run).bind(earlier.started_at);
  const auto found = row->step();
  if (!found) return fail(found.error());
  if (!*found || row->real(2) > 0 || is_written_by_another(row->text(3), row->text(4))) return std::nullopt;
  earlier.run = row->integer(0);
  earlier.started_at = row->real(1);
  return earlier;
}

Status cut_back(Database& database, const ContinuedRun& earlier) {
  for (const char* sql :
       {"DELETE FROM epochs WHERE run = ? AND epoch > ?", "DELETE FROM metrics WHERE run = ? AND epoch > ?"}) {
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
