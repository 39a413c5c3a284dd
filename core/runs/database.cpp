// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/database.h"

#include "base/machine_fault.h"
#include "base/user_path.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sqlite3.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace feedline::inline runs {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMilliseconds = 5000;

/// One step each: what brings a file of version i to version i + 1. Never change one that was released; add another.
constexpr std::array kMigrations = {
    "CREATE TABLE predictions ("
    "  id INTEGER PRIMARY KEY,"
    "  made_at TEXT NOT NULL,"
    "  graph TEXT NOT NULL,"
    "  fix TEXT NOT NULL,"
    "  title TEXT NOT NULL,"
    "  verdict TEXT NOT NULL,"
    "  predicted REAL NOT NULL,"
    "  measured REAL NOT NULL,"
    "  low REAL NOT NULL,"
    "  high REAL NOT NULL,"
    "  pairs INTEGER NOT NULL,"
    "  kept INTEGER NOT NULL);",
    // Runs. Figures have a column each (runs/run_record.h); NULL is what is not known.
    "CREATE TABLE runs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  process TEXT NOT NULL,"
    "  started_at REAL NOT NULL,"
    "  seen_at REAL NOT NULL,"
    "  ended_at REAL NOT NULL DEFAULT 0,"
    "  status TEXT NOT NULL,"
    "  title TEXT NOT NULL,"
    "  file TEXT NOT NULL,"
    "  origin TEXT NOT NULL,"
    "  host TEXT NOT NULL,"
    "  graph TEXT NOT NULL,"
    "  device TEXT NOT NULL DEFAULT '',"
    "  seed INTEGER NOT NULL,"
    "  columns TEXT NOT NULL DEFAULT '',"
    "  verdict_kind TEXT NOT NULL DEFAULT '',"
    "  verdict_node TEXT NOT NULL DEFAULT '',"
    "  verdict TEXT NOT NULL DEFAULT '',"
    "  failure TEXT NOT NULL DEFAULT '',"
    "  note TEXT NOT NULL DEFAULT '',"
    "  pinned INTEGER NOT NULL DEFAULT 0,"
    "  removed_at REAL NOT NULL DEFAULT 0,"
    "  steps REAL, total_steps REAL, samples REAL, epoch REAL, epochs REAL, wall_s REAL, cpu_s REAL,"
    "  samples_per_s REAL, wait_share REAL, loss REAL, accuracy REAL, val_loss REAL, val_accuracy REAL,"
    "  peak_rss_bytes REAL, record_errors REAL,"
    "  wait_s REAL, h2d_s REAL, forward_s REAL, backward_s REAL, optimizer_s REAL, other_s REAL);"
    "CREATE TABLE tags ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  tag TEXT NOT NULL,"
    "  PRIMARY KEY (run, tag)) WITHOUT ROWID;"
    "CREATE TABLE properties ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  kind TEXT NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  value TEXT NOT NULL,"
    "  PRIMARY KEY (run, kind, position)) WITHOUT ROWID;"
    "CREATE TABLE epochs ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  epoch INTEGER NOT NULL,"
    "  train_loss REAL, train_accuracy REAL, val_loss REAL, val_accuracy REAL, samples_per_s REAL, wall_s REAL,"
    "  samples INTEGER NOT NULL,"
    "  PRIMARY KEY (run, epoch)) WITHOUT ROWID;"
    "CREATE TABLE errors ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  severity TEXT NOT NULL,"
    "  node TEXT NOT NULL,"
    "  file TEXT NOT NULL,"
    "  message TEXT NOT NULL,"
    "  remedy TEXT NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  PRIMARY KEY (run, position)) WITHOUT ROWID;"
    "CREATE TABLE stages ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  node TEXT NOT NULL,"
    "  type TEXT NOT NULL,"
    "  workers INTEGER NOT NULL,"
    "  records INTEGER NOT NULL,"
    "  records_per_s REAL, cpu_s REAL, busy_s REAL, starved_s REAL, blocked_s REAL, queue_fill REAL,"
    "  PRIMARY KEY (run, position)) WITHOUT ROWID;"
    // Numbers as the machine holds them: 8 bytes each, the lowest first.
    "CREATE TABLE series ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  numbers BLOB NOT NULL,"
    "  PRIMARY KEY (run, position)) WITHOUT ROWID;"
    "CREATE TABLE loss_curve ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  points BLOB NOT NULL,"
    "  PRIMARY KEY (run, position)) WITHOUT ROWID;",
    // How many different records an error is about; `count` says how often they were left out.
    "ALTER TABLE errors ADD COLUMN records INTEGER NOT NULL DEFAULT 0;",
    // What is measured of a model, and the phases of its step, are rows: a new one needs no migration. Epoch 0 is the
    // run as it stands.
    "CREATE TABLE metrics ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  epoch INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  split TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  value REAL NOT NULL,"
    "  unit TEXT NOT NULL,"
    "  higher_is_better INTEGER NOT NULL,"
    "  PRIMARY KEY (run, epoch, position)) WITHOUT ROWID;"
    "CREATE TABLE phases ("
    "  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  seconds REAL NOT NULL,"
    "  PRIMARY KEY (run, position)) WITHOUT ROWID;"
    "INSERT INTO metrics"
    "  SELECT run, epoch, 0, 'train', 'loss', train_loss, 'loss', 0 FROM epochs WHERE train_loss IS NOT NULL UNION ALL"
    "  SELECT run, epoch, 1, 'train', 'accuracy', train_accuracy, 'share', 1 FROM epochs"
    "    WHERE train_accuracy IS NOT NULL UNION ALL"
    "  SELECT run, epoch, 2, 'val', 'loss', val_loss, 'loss', 0 FROM epochs WHERE val_loss IS NOT NULL UNION ALL"
    "  SELECT run, epoch, 3, 'val', 'accuracy', val_accuracy, 'share', 1 FROM epochs"
    "    WHERE val_accuracy IS NOT NULL UNION ALL"
    "  SELECT id, 0, 0, 'train', 'loss', loss, 'loss', 0 FROM runs WHERE loss IS NOT NULL UNION ALL"
    "  SELECT id, 0, 1, 'train', 'accuracy', accuracy, 'share', 1 FROM runs WHERE accuracy IS NOT NULL UNION ALL"
    "  SELECT id, 0, 2, 'val', 'loss', val_loss, 'loss', 0 FROM runs WHERE val_loss IS NOT NULL UNION ALL"
    "  SELECT id, 0, 3, 'val', 'accuracy', val_accuracy, 'share', 1 FROM runs WHERE val_accuracy IS NOT NULL;"
    "INSERT INTO phases"
    "  SELECT id, 0, 'wait', wait_s FROM runs WHERE wait_s IS NOT NULL UNION ALL"
    "  SELECT id, 1, 'h2d', h2d_s FROM runs WHERE h2d_s IS NOT NULL UNION ALL"
    "  SELECT id, 2, 'forward', forward_s FROM runs WHERE forward_s IS NOT NULL UNION ALL"
    "  SELECT id, 3, 'backward', backward_s FROM runs WHERE backward_s IS NOT NULL UNION ALL"
    "  SELECT id, 4, 'optimizer', optimizer_s FROM runs WHERE optimizer_s IS NOT NULL UNION ALL"
    "  SELECT id, 5, 'other', other_s FROM runs WHERE other_s IS NOT NULL;"
    "ALTER TABLE epochs DROP COLUMN train_loss; ALTER TABLE epochs DROP COLUMN train_accuracy;"
    "ALTER TABLE epochs DROP COLUMN val_loss; ALTER TABLE epochs DROP COLUMN val_accuracy;"
    "ALTER TABLE runs DROP COLUMN loss; ALTER TABLE runs DROP COLUMN accuracy;"
    "ALTER TABLE runs DROP COLUMN val_loss; ALTER TABLE runs DROP COLUMN val_accuracy;"
    "ALTER TABLE runs DROP COLUMN wait_s; ALTER TABLE runs DROP COLUMN h2d_s;"
    "ALTER TABLE runs DROP COLUMN forward_s; ALTER TABLE runs DROP COLUMN backward_s;"
    "ALTER TABLE runs DROP COLUMN optimizer_s; ALTER TABLE runs DROP COLUMN other_s;",
    "ALTER TABLE epochs ADD COLUMN learning_rate REAL;",
};

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

fs::path default_data_folder() {
  if (const char* own = environment("FEEDLINE_DATA")) return user_path(own);
  if (const char* data = environment("XDG_DATA_HOME")) return fs::path(data) / "feedline";
  if (const char* home = environment("HOME")) return fs::path(home) / ".local" / "share" / "feedline";
  std::error_code ignored;
  return fs::temp_directory_path(ignored) / fmt::format("feedline-data-{}", ::getuid());
}

Statement::~Statement() { sqlite3_finalize(statement_); }
Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_) {}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text(statement_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(std::span<const double> numbers) {
  sqlite3_bind_blob(statement_, ++bound_, numbers.data(), static_cast<int>(numbers.size_bytes()), SQLITE_TRANSIENT);
  return *this;
}

void Statement::again() {
  sqlite3_reset(statement_);
  bound_ = 0;
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return fail(Error{.code = ErrorCode::Failed,
                        .reason = std::string("the record of runs: ") + sqlite3_errmsg(sqlite3_db_handle(statement_))});
  }
}

Status Statement::execute() {
  auto done = step();
  again();
  if (!done) return fail(std::move(done.error()));
  return {};
}

double Statement::real(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_, column);
}
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string() : std::string(bytes);
}

std::vector<double> Statement::numbers(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  std::vector<double> values(static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) / sizeof(double));
  if (bytes != nullptr && !values.empty()) std::memcpy(values.data(), bytes, values.size() * sizeof(double));
  return values;
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Database::changes() const { return sqlite3_changes(handle_); }

int Database::version() { return static_cast<int>(kMigrations.size()); }

Database::Database(sqlite3* handle, fs::path file) : handle_(handle), file_(std::move(file)) {}
Database::~Database() { sqlite3_close(handle_); }
Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), file_(std::move(other.file_)) {}

tl::unexpected<Error> Database::failed(std::string_view what) const {
  const int kind = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(handle_) & 0xFF;
  const int cause = kind == SQLITE_NOMEM ? ENOMEM : sqlite3_system_errno(handle_);
  if ((kind == SQLITE_NOMEM || kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR) && is_machine_fault(cause)) {
    Error error = machine_error(cause, std::string(what));
    error.file = file_.string();
    return fail(std::move(error));
  }
  return fail(Error{.code = ErrorCode::Failed,
                    .reason = fmt::format("{}: {}", what, sqlite3_errmsg(handle_)),
                    .remedy = "Move the file away to begin a new one, or set FEEDLINE_DATA to another folder",
                    .file = file_.string()});
}

Result<Database> Database::open(const fs::path& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error)
    return fail(Error{.code = ErrorCode::Failed,
                      .reason = "the folder for the record of runs cannot be made: " + error.message(),
                      .remedy = "Set FEEDLINE_DATA to a folder that can be written to",
                      .file = file.parent_path().string()});
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  Database database(handle, file);
  if (opened != SQLITE_OK) return database.failed("the record of runs cannot be opened");
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  if (Status set = database.write_ahead(); !set) return fail(std::move(set.error()));
  if (Status current = database.migrate(); !current) return fail(std::move(current.error()));
  return database;
}

/// Changing the journal's mode wants the file for itself, and SQLite gives up at once where another program does the
/// same: its busy time-out does not count there.
Status Database::write_ahead() {
  constexpr std::chrono::milliseconds kPause{5};
  for (int tries = kBusyMilliseconds / static_cast<int>(kPause.count());; --tries) {
    Status set = run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;");
    if (set || tries == 0 || sqlite3_errcode(handle_) != SQLITE_BUSY) return set;
    std::this_thread::sleep_for(kPause);
  }
}

Status Database::run(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failed("the record of runs cannot be used");
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) == SQLITE_OK)
    return Statement(statement);
  return failed("the record of runs cannot be used");
}

/// Under an exclusive lock, because another program may be doing the same.
Status Database::migrate() {
  const auto found_version = [this]() -> Result<std::int64_t> {
    auto statement = prepare("PRAGMA user_version");
    if (!statement) return fail(std::move(statement.error()));
    if (auto row = statement->step(); !row) return fail(std::move(row.error()));
    return statement->integer(0);
  };
  auto found = found_version();
  if (!found) return fail(std::move(found.error()));
  if (*found > version())
    return fail(Error{.reason = fmt::format("this record of runs was written by a newer Feedline (version {}, this one "
                                            "knows {})",
                                            *found, version()),
                      .remedy = "Use the newer Feedline, or set FEEDLINE_DATA to another folder",
                      .file = file_.string()});
  if (*found == version()) return {};
  if (Status locked = run("BEGIN IMMEDIATE"); !locked) return locked;
  found = found_version();
  for (std::int64_t step = found ? *found : 0; step < version(); ++step) {
    Status done = run(std::string(kMigrations.at(static_cast<std::size_t>(step))) +
                      fmt::format("PRAGMA user_version={};", step + 1));
    if (done) continue;
    (void)run("ROLLBACK");
    return done;
  }
  return run("COMMIT");
}

}  // namespace feedline::inline runs
