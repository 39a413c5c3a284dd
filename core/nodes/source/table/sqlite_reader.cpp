// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/sqlite_reader.h"

#include "base/bounded_folder.h"
#include "base/file_calls.h"
#include "base/machine_fault.h"
#include "base/numbers.h"
#include "base/plain_text.h"
#include "nodes/source/table/column_names.h"
#include "schema/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sqlite3.h>
#include <stop_token>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMs = 2000;
constexpr int kInstructionsBetweenLooks = 10'000;
constexpr std::uint64_t kCounterAt = 24;  // in the file's header: it counts the changes
constexpr std::string_view kSqliteMagic{"SQLite format 3", 16};
constexpr std::string_view kKeptTable = "kept";
/// What the rows of queries may take in the cache folder.
constexpr FolderBound kKeptQueries{.files = 256, .bytes = std::uintmax_t{4} << 30};

std::string quoted_identifier(std::string_view name) {
  std::string sql = "\"";
  for (const char c : name) {
    if (c == '"') sql += '"';
    sql += c;
  }
  return sql += '"';
}

/// The first column of a statement's row, a text.
std::string_view first_text(sqlite3_stmt* statement) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// A path as the URI of a database that is only read; for ATTACH, bound as text.
std::string read_only_uri(const std::string& path) {
  std::error_code ignored;
  std::string uri = "file:";
  for (const char c : fs::absolute(path, ignored).string()) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?mode=ro";
}

int asks_stop(void* token) { return static_cast<std::stop_token*>(token)->stop_requested() ? 1 : 0; }

/// Interrupts what a database does when a stop is asked for, as long as this lives.
class StopWatch {
 public:
  StopWatch(sqlite3* database, std::stop_token stop) : database_(database), stop_(std::move(stop)) {
    sqlite3_progress_handler(database_, kInstructionsBetweenLooks, &asks_stop, &stop_);
  }
  ~StopWatch() { sqlite3_progress_handler(database_, 0, nullptr, nullptr); }
  StopWatch(const StopWatch&) = delete;
  StopWatch& operator=(const StopWatch&) = delete;

 private:
  sqlite3* database_;
  std::stop_token stop_;
};

/// A database in the making, which is removed unless it was completed.
struct KeptDraft {
  explicit KeptDraft(fs::path name) : file(std::move(name)) {}
  ~KeptDraft() {
    sqlite3_close(database);
    if (!complete) ::unlink(file.c_str());
  }
  KeptDraft(const KeptDraft&) = delete;
  KeptDraft& operator=(const KeptDraft&) = delete;
  fs::path file;
  sqlite3* database = nullptr;
  bool complete = false;
};

/// Of the file and its write-ahead log. They are not opened: to close a database's file anywhere in a process takes
/// away the locks that others hold on it there.
std::string state_of(const std::string& path) {
  std::string state;
  for (const char* part : {"", "-wal"}) {
    struct stat status {};
    if (FileCalls::current().fstatat(AT_FDCWD, (path + part).c_str(), &status, 0) == 0)
      state += fmt::format("{}|{}|{}|", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return state;
}

}  // namespace

SqliteReader::~SqliteReader() { close(); }

void SqliteReader::close() {
  sqlite3_finalize(std::exchange(seek_, nullptr));
  sqlite3_finalize(std::exchange(walk_, nullptr));
  sqlite3_close(std::exchange(database_, nullptr));
}

SqliteReader::SqliteReader(SqliteReader&& other) noexcept
    : path_(std::move(other.path_)),
      opened_(std::move(other.opened_)),
      file_(std::move(other.file_)),
      database_(std::exchange(other.database_, nullptr)),
      seek_(std::exchange(other.seek_, nullptr)),
      walk_(std::exchange(other.walk_, nullptr)),
      current_(std::exchange(other.current_, nullptr)),
      columns_(std::move(other.columns_)),
      counter_(other.counter_) {}

tl::unexpected<Error> SqliteReader::failed(sqlite3* database, std::string_view what) const {
  const int kind = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database) & 0xFF;
  if (kind == SQLITE_INTERRUPT) return fail_cancelled();
  const int cause = kind == SQLITE_NOMEM ? ENOMEM : sqlite3_system_errno(database);
  if ((kind == SQLITE_NOMEM || kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR) && is_machine_fault(cause))
    return fail_errno(path_, std::string(what), cause);
  std::string remedy = "Check the file with sqlite3";
  if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED) remedy = "Close the program that writes to it";
  if (kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY)
    remedy = "Let the program that writes to it finish, or copy the file";
  return fail_file(path_, fmt::format("{}: {}", what, plain_line(sqlite3_errmsg(database))), std::move(remedy));
}

Result<SqliteReader> SqliteReader::open(const std::string& path, const std::string& table, const std::string& query,
                                        const SourceContext& context) {
  SqliteReader reader(path);
  if (Status done = reader.connect(path, context); !done) return fail(std::move(done.error()));
  std::string name;
  std::string select = query;
  if (query.empty()) {
    auto chosen = reader.choose_table(table);
    if (!chosen) return fail(std::move(chosen.error()));
    name = std::move(*chosen);
    const auto id = reader.id_name(name);
    if (!id) return fail(id.error());
    if (id->empty()) select = "SELECT * FROM " + quoted_identifier(name);
  }
  if (!select.empty()) {
    auto kept = reader.keep_rows_of(select, context);
    if (!kept) return fail(std::move(kept.error()));
    reader.close();
    if (Status done = reader.connect(*kept, context); !done) return fail(std::move(done.error()));
    name = kKeptTable;
  }
  if (Status done = reader.pin(); !done) return fail(std::move(done.error()));
  if (Status done = reader.use_table(name); !done) return fail(std::move(done.error()));
  return reader;
}

Status SqliteReader::connect(const std::string& file, const SourceContext& context) {
  FileFacts facts;
  auto opened = open_file(file, &facts);
  if (!opened) return fail(std::move(opened.error()));
  file_ = std::move(*opened);
  opened_ = file;
  std::array<char, 16> magic{};
  if (facts.size < magic.size() || !read_at(file_.get(), std::as_writable_bytes(std::span(magic)), 0) ||
      std::string_view(magic.data(), magic.size()) != kSqliteMagic)
    return fail_file(path_, "it is no SQLite database", "Choose a file such as data.sqlite or data.db");
  if (context.stop.stop_requested()) return fail_cancelled();
  const int code = sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return failed(database_, "the database cannot be opened");
  sqlite3_busy_timeout(database_, kBusyMs);
  return {};
}

Result<sqlite3_stmt*> SqliteReader::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK)
    return failed(database_, "the database cannot be read");
  return statement;
}

Result<bool> SqliteReader::step(sqlite3_stmt* statement) {
  switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
      current_ = statement;
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return failed(database_, "the database cannot be read");
  }
}

Result<std::string> SqliteReader::choose_table(const std::string& table) {
  auto statement = prepare(
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' "
      "ESCAPE '!' ORDER BY name");
  if (!statement) return fail(std::move(statement.error()));
  std::vector<std::string> names;
  Result<bool> more = step(*statement);
  for (; more && *more; more = step(*statement)) names.emplace_back(first_text(*statement));
  sqlite3_finalize(*statement);
  if (!more) return fail(std::move(more.error()));
  const auto at_table = [&](std::string reason, std::string remedy) {
    return fail(Error{
        .reason = std::move(reason), .remedy = std::move(remedy), .parameter = "table", .file = escape_name(path_)});
  };
  std::vector<std::string> shown;
  for (const std::string& name : names) shown.push_back(plain_line(name));
  if (names.empty()) return at_table("the database has no tables", "Choose another file");
  if (!table.empty()) {
    if (std::find(names.begin(), names.end(), table) != names.end()) return table;
    const std::string near = nearest_word(table, names);
    return at_table(
        fmt::format("the database has no table '{}'", plain_line(table)),
        near.empty() ? "It has " + numbers::listed(shown, 8, "'") : fmt::format("Did you mean '{}'?", near));
  }
  if (names.size() == 1) return names.front();
  return at_table(fmt::format("the database has {} tables", names.size()),
                  "Set table to one of " + numbers::listed(shown, 8, "'"));
}

/// What the row id of a table is called in a statement; empty: it has none, or its columns hide it.
Result<std::string> SqliteReader::id_name(const std::string& table) {
  auto kind = prepare("SELECT type FROM sqlite_master WHERE name = ?1");
  if (!kind) return fail(std::move(kind.error()));
  sqlite3_bind_text(*kind, 1, table.data(), static_cast<int>(table.size()), SQLITE_TRANSIENT);
  const auto row = step(*kind);
  const bool is_view = row && *row && first_text(*kind) == "view";
  sqlite3_finalize(*kind);
  if (!row) return fail(row.error());
  if (is_view) return std::string();
  auto all = prepare("SELECT * FROM " + quoted_identifier(table));
  if (!all) return fail(std::move(all.error()));
  const auto is_column = [&](const char* name) {
    for (int i = 0; i < sqlite3_column_count(*all); ++i)
      if (sqlite3_stricmp(sqlite3_column_name(*all, i), name) == 0) return true;
    return false;
  };
  std::string found;
  for (const char* name : {"rowid", "_rowid_", "oid"})
    if (found.empty() && !is_column(name)) found = name;
  sqlite3_finalize(*all);
  if (found.empty()) return found;
  sqlite3_stmt* probe = nullptr;
  const std::string sql = fmt::format("SELECT {} FROM {}", found, quoted_identifier(table));
  const int code = sqlite3_prepare_v2(database_, sql.c_str(), -1, &probe, nullptr);
  sqlite3_finalize(probe);
  return code == SQLITE_OK ? found : std::string();
}

/// In write-ahead mode an open transaction keeps the state that it sees, and nobody is kept from writing. Otherwise it
/// would keep others from writing, so changes are only noticed.
Status SqliteReader::pin() {
  auto mode = prepare("PRAGMA journal_mode");
  if (!mode) return fail(std::move(mode.error()));
  const auto row = step(*mode);
  const bool ahead = row && *row && first_text(*mode) == "wal";
  sqlite3_finalize(*mode);
  if (!row) return fail(row.error());
  if (!ahead) {
    counter_ = change_counter();
    return {};
  }
  if (sqlite3_exec(database_, "BEGIN; SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr) != SQLITE_OK)
    return failed(database_, "the database cannot be read");
  return {};
}

std::optional<std::uint32_t> SqliteReader::change_counter() const {
  std::uint32_t counter = 0;
  if (!read_at(file_.get(), std::as_writable_bytes(std::span(&counter, 1)), kCounterAt)) return std::nullopt;
  return counter;
}

Status SqliteReader::unchanged() const {
  if (!counter_ || change_counter() == counter_) return {};
  Error error =
      fail_file(path_, "the database has changed since it was opened", "Start again, so that its rows are found anew")
          .value();
  error.code = ErrorCode::BadRecord;
  return fail(std::move(error));
}

Status SqliteReader::use_table(const std::string& table) {
  const auto id = id_name(table);
  if (!id) return fail(id.error());
  const std::string select = fmt::format("SELECT {}, * FROM {} ", *id, quoted_identifier(table));
  auto seeking = prepare(fmt::format("{}WHERE {} >= ?1 ORDER BY {} LIMIT 1 OFFSET ?2", select, *id, *id));
  if (!seeking) return fail(std::move(seeking.error()));
  seek_ = *seeking;
  auto walking = prepare(fmt::format("{}ORDER BY {}", select, *id));
  if (!walking) return fail(std::move(walking.error()));
  walk_ = *walking;
  std::vector<std::string> written;
  for (int i = 1; i < sqlite3_column_count(walk_); ++i) written.emplace_back(sqlite3_column_name(walk_, i));
  columns_ = column_names(written);
  return {};
}

/// The rows of a query in a database of their own, in the cache folder.
Result<std::string> SqliteReader::keep_rows_of(const std::string& query, const SourceContext& context) {
  const auto at_query = [&](std::string reason) {
    return fail(Error{.reason = std::move(reason),
                      .remedy = "Write one SELECT of this database's tables",
                      .parameter = "query",
                      .file = escape_name(path_)});
  };
  sqlite3_stmt* checked = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(database_, query.c_str(), static_cast<int>(query.size()), &checked, &rest);
  const bool selects = checked != nullptr && sqlite3_stmt_readonly(checked) != 0 && sqlite3_column_count(checked) > 0;
  const std::string select(query.c_str(), rest == nullptr ? query.c_str() : rest);
  const bool more = rest != nullptr && std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos;
  sqlite3_finalize(checked);
  if (code != SQLITE_OK) return at_query("the query is none: " + plain_line(sqlite3_errmsg(database_)));
  if (!selects || more) return at_query("the query is no single SELECT");

  std::error_code ignored;
  const std::string key =
      fmt::format("sqlite 1|{}|{}{}", fs::weakly_canonical(path_, ignored).string(), state_of(path_), query);
  const fs::path target = cache_folder_or_default(context.cache_folder) / "tables" / (fingerprint(key) + ".sqlite");
  if (mark_asked(target)) return target.string();
  if (Status made = make_folder(target.parent_path()); !made) return fail(std::move(made.error()));
  if (context.progress) context.progress("Asking the database", 0);

  remove_leftovers(target);
  KeptDraft draft(temporary_beside(target));
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  if (sqlite3_open_v2(draft.file.c_str(), &draft.database, kFlags, nullptr) != SQLITE_OK)
    return failed(draft.database, "the query's rows cannot be kept in the cache folder");
  {
    const StopWatch watch(draft.database, context.stop);
    sqlite3_busy_timeout(draft.database, kBusyMs);
    sqlite3_exec(draft.database, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
    sqlite3_stmt* attach = nullptr;
    sqlite3_prepare_v2(draft.database, "ATTACH ?1 AS asked", -1, &attach, nullptr);
    const std::string uri = read_only_uri(path_);
    sqlite3_bind_text(attach, 1, uri.data(), static_cast<int>(uri.size()), SQLITE_TRANSIENT);
    const int attached = sqlite3_step(attach);
    sqlite3_finalize(attach);
    if (attached != SQLITE_DONE) return failed(draft.database, "the database cannot be read");
    std::string body = select;
    while (!body.empty() && std::string_view("; \t\r\n").find(body.back()) != std::string_view::npos) body.pop_back();
    const std::string sql = fmt::format("CREATE TABLE main.{} AS {}", kKeptTable, body);
    if (sqlite3_exec(draft.database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return failed(draft.database, "the query failed");
  }
  sqlite3_close(std::exchange(draft.database, nullptr));
  const auto whole = open_file(draft.file.string());
  if (!whole) return fail(whole.error());
  if (Status named = name_whole_file(whole->get(), draft.file, target); !named) return fail(std::move(named.error()));
  draft.complete = true;
  bound_folder(target, kKeptQueries);
  return target.string();
}

Result<bool> SqliteReader::seek(std::int64_t id, std::int64_t skip) {
  sqlite3_reset(seek_);
  sqlite3_bind_int64(seek_, 1, id);
  sqlite3_bind_int64(seek_, 2, skip);
  return step(seek_);
}

void SqliteReader::release() {
  sqlite3_reset(seek_);
  sqlite3_reset(walk_);
}

void SqliteReader::begin_walk() { sqlite3_reset(walk_); }

Result<bool> SqliteReader::next() { return step(walk_); }

std::int64_t SqliteReader::id() const { return sqlite3_column_int64(current_, 0); }

SqliteReader::Cell SqliteReader::kind(std::size_t column) const {
  switch (sqlite3_column_type(current_, static_cast<int>(column) + 1)) {
    case SQLITE_NULL:
      return Cell::Missing;
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
      return Cell::Number;
    case SQLITE_BLOB:
      return Cell::Binary;
    default:
      return Cell::Text;
  }
}

double SqliteReader::number(std::size_t column) const {
  return sqlite3_column_double(current_, static_cast<int>(column) + 1);
}

std::string_view SqliteReader::text(std::size_t column) const {
  const int at = static_cast<int>(column) + 1;
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(current_, at));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(current_, at))};
}

}  // namespace feedline::inline nodes
