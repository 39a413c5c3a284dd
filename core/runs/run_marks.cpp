// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/advice.h"
#include "runs/run_store.h"

#include <fmt/format.h>

namespace feedline::inline runs {
Error no_such_run(std::int64_t id) {
  return {.reason = fmt::format("there is no run {} in the record", id),
          .remedy = advice("The Runs panel shows what there is", "feedline-cli runs list shows what there is")};
}

namespace {

/// Executes a statement that changes the one row that is asked for.
Status change(Database& database, Result<Statement>& statement, std::int64_t id) {
  if (!statement) return fail(std::move(statement.error()));
  if (Status done = statement->execute(); !done) return done;
  return database.changes() > 0 ? Status() : fail(no_such_run(id));
}

Status check_tag(std::string_view tag) {
  if (!tag.empty() && tag.find_first_of(" \t\r\n,") == std::string_view::npos) return {};
  return fail(Error{.reason = fmt::format("'{}' cannot be a tag", tag),
                    .remedy = "A tag is one word, without commas: baseline, lr-sweep"});
}

/// An error unless the run is there.
Status check_run(Database& database, std::int64_t id) {
  auto statement = database.prepare("SELECT 1 FROM runs WHERE id = ? AND removed_at = 0");
  if (!statement) return fail(std::move(statement.error()));
  auto row = statement->bind(id).step();
  if (!row) return fail(std::move(row.error()));
  return *row ? Status() : fail(no_such_run(id));
}

}  // namespace

Status set_note(Database& database, std::int64_t id, std::string_view note) {
  auto statement = database.prepare("UPDATE runs SET note = ? WHERE id = ? AND removed_at = 0");
  if (statement) statement->bind(note).bind(id);
  return change(database, statement, id);
}

Status set_pinned(Database& database, std::int64_t id, bool pinned) {
  auto statement = database.prepare("UPDATE runs SET pinned = ? WHERE id = ? AND removed_at = 0");
  if (statement) statement->bind(std::int64_t{pinned ? 1 : 0}).bind(id);
  return change(database, statement, id);
}

Status add_tag(Database& database, std::int64_t id, std::string_view tag) {
  if (Status good = check_tag(tag); !good) return good;
  if (Status there = check_run(database, id); !there) return there;
  auto statement = database.prepare("INSERT OR IGNORE INTO tags (run, tag) VALUES (?, ?)");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(id).bind(tag).execute();
}

Status remove_tag(Database& database, std::int64_t id, std::string_view tag) {
  if (Status there = check_run(database, id); !there) return there;
  auto statement = database.prepare("DELETE FROM tags WHERE run = ? AND tag = ?");
  if (!statement) return fail(std::move(statement.error()));
  return statement->bind(id).bind(tag).execute();
}

Status remove_run(Database& database, std::int64_t id) {
  const auto run = load_run(database, id);
  if (!run) return fail(run.error());
  if (is_active(run->status))
    return fail(Error{.reason = fmt::format("run {} is still going on", id), .remedy = "Stop it first"});
  auto statement = database.prepare("UPDATE runs SET removed_at = ? WHERE id = ? AND removed_at = 0");
  if (statement) statement->bind(wall_clock()).bind(id);
  return change(database, statement, id);
}

Status restore_run(Database& database, std::int64_t id) {
  auto statement = database.prepare("UPDATE runs SET removed_at = 0 WHERE id = ? AND removed_at > 0");
  if (statement) statement->bind(id);
  return change(database, statement, id);
}

}  // namespace feedline::inline runs
