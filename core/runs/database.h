// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace feedline::inline runs {

/// Where Feedline keeps what is worth keeping: $FEEDLINE_DATA, else $XDG_DATA_HOME/feedline, else
/// ~/.local/share/feedline, else a folder of this user's in the temporary folder.
[[nodiscard]] std::filesystem::path default_data_folder();

/// A prepared statement: bind in the order of the question marks, then step. Text is copied; NaN is kept as NULL.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  Statement& bind(double value);
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view value);
  /// As a blob, 8 bytes each.
  Statement& bind(std::span<const double> numbers);
  /// True: a row is there. Errors: what SQLite says.
  [[nodiscard]] Result<bool> step();
  /// Of a statement without rows; it is then ready to be bound again.
  [[nodiscard]] Status execute();
  /// Ready to be bound again.
  void again();
  /// NaN for NULL.
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::vector<double> numbers(int column) const;

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

/// The record of runs: one SQLite file, runs.db in the data folder, in write-ahead mode, so that window and command
/// line may use it at once. Its schema has a version; older files are brought up to date when they are opened, a newer
/// one is refused. Used by one thread at a time.
class Database {
 public:
  /// Errors: the folder cannot be made, the file cannot be opened, is damaged, or is of a newer Feedline.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file = default_data_folder() / "runs.db");
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  [[nodiscard]] Status run(const std::string& sql);
  /// Of the row that was added last.
  [[nodiscard]] std::int64_t last_id() const;
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;

  /// Of the schema that this program writes.
  [[nodiscard]] static int version();

 private:
  Database(sqlite3* handle, std::filesystem::path file);
  [[nodiscard]] Status write_ahead();
  [[nodiscard]] Status migrate();
  [[nodiscard]] tl::unexpected<Error> failed(std::string_view what) const;

  sqlite3* handle_;
  std::filesystem::path file_;
};

}  // namespace feedline::inline runs
