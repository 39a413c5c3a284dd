// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/file_io.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace feedline::inline nodes {

/// One open database file of the user's, never written to. Used by one thread at a time.
class SqliteReader {
 public:
  /// Errors name `path`: missing, no database, a table that is not there or not named where there are several, a query
  /// that is none, damage; stopped. A view, a query, and a table without row ids are first written to a database of
  /// their own in the cache folder, once for each state of the file.
  [[nodiscard]] static Result<SqliteReader> open(const std::string& path, const std::string& table,
                                                 const std::string& query, const SourceContext& context);
  ~SqliteReader();
  SqliteReader(SqliteReader&& other) noexcept;
  SqliteReader& operator=(SqliteReader&&) = delete;

  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  /// In write-ahead mode the reader keeps the state that it was opened in, whatever others write. Otherwise a change is
  /// told here: a record error.
  [[nodiscard]] Status unchanged() const;

  /// Goes to the row that is `skip` behind the first one whose id is at least `id`. False: there is none.
  [[nodiscard]] Result<bool> seek(std::int64_t id, std::int64_t skip);
  /// Done with the row: from here on nobody is kept from writing.
  void release();
  /// Walks over all rows in the order of their ids, from the first on: then next(), until it gives false.
  void begin_walk();
  [[nodiscard]] Result<bool> next();

  // Of the row that was reached, until the next call.
  enum class Cell : std::uint8_t { Missing, Number, Text, Binary };
  [[nodiscard]] std::int64_t id() const;
  [[nodiscard]] Cell kind(std::size_t column) const;
  [[nodiscard]] double number(std::size_t column) const;
  [[nodiscard]] std::string_view text(std::size_t column) const;

 private:
  explicit SqliteReader(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Status connect(const std::string& file, const SourceContext& context);
  [[nodiscard]] Result<std::string> choose_table(const std::string& table);
  [[nodiscard]] Result<std::string> id_name(const std::string& table);
  [[nodiscard]] Status use_table(const std::string& table);
  [[nodiscard]] Result<std::string> keep_rows_of(const std::string& query, const SourceContext& context);
  [[nodiscard]] Status pin();
  [[nodiscard]] Result<sqlite3_stmt*> prepare(const std::string& sql);
  [[nodiscard]] Result<bool> step(sqlite3_stmt* statement);
  [[nodiscard]] tl::unexpected<Error> failed(sqlite3* database, std::string_view what) const;
  [[nodiscard]] std::optional<std::uint32_t> change_counter() const;
  void close();

  std::string path_;      ///< of the user's file
  std::string opened_{};  ///< that one, or the one in the cache folder
  File file_{};           ///< of the open one, for its change counter
  sqlite3* database_ = nullptr;
  sqlite3_stmt* seek_ = nullptr;
  sqlite3_stmt* walk_ = nullptr;
  sqlite3_stmt* current_ = nullptr;
  std::vector<std::string> columns_{};
  std::optional<std::uint32_t> counter_{};  ///< none: the state is pinned
};

}  // namespace feedline::inline nodes
