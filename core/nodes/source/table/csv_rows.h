// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How a text is cut into rows and cells. The same rules everywhere: where rows are counted and where they are read.
//
//   row    ends at a line end outside of quotes; lines that are blank, or begin with the comment sign, are none
//   cell   quoted if the first thing in it, blanks aside, is the quote sign; a quote sign elsewhere is a character
//          within quotes a doubled quote sign, or one behind the escape sign, is a character
//          outside of quotes blanks at both ends do not count
//
// Source: RFC 4180, and what the csv modules of Python and pandas read besides.

#include "nodes/source/table/plain_file.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// More columns than this are an error.
inline constexpr std::size_t kMostColumns = std::size_t{1} << 17;

/// How one file writes its table. A sign that is not used is '\0'.
struct CsvDialect {
  char separator = ',';
  char quote = '"';
  char escape = '\0';
  char comment = '\0';
  char line_end = '\n';  ///< '\r' of old Macs; carriage returns in front of '\n' do not count
  bool decimal_comma = false;
  bool operator==(const CsvDialect&) const = default;

  /// Most signs are told by the first comparison.
  [[nodiscard]] bool is_blank(char c) const {
    return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\t') && c != separator;
  }
};

/// The row that begins at `at`: just behind its line end, or null if [at, end) ends first. `open` says whether `at`
/// is inside quotes, and then whether the end is.
[[nodiscard]] const char* row_end(const char* at, const char* end, const CsvDialect& dialect, bool& open);

/// Is this line (without its line end) no row?
[[nodiscard]] bool is_no_row(std::string_view line, const CsvDialect& dialect);

struct CsvCell {
  const char* data = nullptr;
  std::uint32_t size = 0;
  bool quoted = false;
  [[nodiscard]] std::string_view text() const { return {data, size}; }
};

/// Cuts rows into cells, and keeps its memory from row to row. Cells show the row, or memory of this object where signs
/// had to be taken out; they hold until the next call.
class RowSplitter {
 public:
  enum class Fault : std::uint8_t {
    None,
    StrayQuote,  ///< behind a closing quote stands something else than a separator
    OpenQuote,   ///< a quote does not end
    ManyCells,   ///< more than `most`
  };
  /// At most `most` cells; the fault is at cell cells().size() - 1.
  [[nodiscard]] Fault split(std::string_view row, const CsvDialect& dialect, std::size_t most);
  /// The quick way, which looks at each byte once: the row that begins at `begin` and ends with its line, or at `end`.
  /// False: it does not have so many cells, or it has a quote sign, or it is no row; split() tells. Of cells() only
  /// those in `wanted` are set then.
  [[nodiscard]] bool cut(const char* begin, const char* end, const CsvDialect& dialect, std::size_t columns,
                         std::span<const std::size_t> wanted);
  [[nodiscard]] const std::vector<CsvCell>& cells() const { return cells_; }
  /// Is the row known to be ASCII? Only cut() knows.
  [[nodiscard]] bool ascii() const { return ascii_; }
  /// Up to where bytes may be read that begin at a cell, past its own end; null: to its end only.
  [[nodiscard]] const char* readable_end() const { return readable_end_; }

 private:
  /// All cells of a row that has no quote sign: one pass over it. Fault::None or ManyCells.
  [[nodiscard]] Fault split_plain(std::string_view row, const CsvDialect& dialect, std::size_t most);
  void add_trimmed(const char* begin, const char* end, const CsvDialect& dialect);
  [[nodiscard]] bool add_plain(const char* begin, const char* end, const CsvDialect& dialect);
  [[nodiscard]] const char* add_quoted(const char* at, const char* end, const CsvDialect& dialect, Fault& fault);

  std::vector<CsvCell> cells_{};
  std::string taken_out_{};              ///< texts of cells with doubled or escaped signs
  std::vector<std::uint32_t> begins_{};  ///< of cut(): where each cell begins, and one past the end
  bool ascii_ = false;
  const char* readable_end_ = nullptr;
};

/// The bytes of a text file, to be read in pieces; what is given must outlive it.
struct TextBytes {
  int descriptor = -1;
  std::uint64_t size = 0;
  const char* map = nullptr;  ///< all of it, if it is mapped
  std::uint64_t id = 0;       ///< differs from file to file, and from opening to opening; 0: none
};

/// Walks over the rows of a text from any row's beginning on. Holds little more than one row in memory.
class RowCursor {
 public:
  enum class Found : std::uint8_t { Row, End, TooLong, Open, Unreadable };

  /// The next row is looked for from `offset` on, which is a row's beginning or between rows. `wanted`: bytes that will
  /// be looked at, as far as that is known.
  void seek(const TextBytes& text, const CsvDialect& dialect, std::uint64_t offset, std::size_t wanted);
  /// Row: `row` is it, without its line end, until the next call. TooLong: more than kLongestRow. Open: the file ends
  /// within quotes. Unreadable: see errno, 0 where the file ends early.
  [[nodiscard]] Found next(std::string_view& row);
  [[nodiscard]] std::uint64_t row_begin() const { return row_begin_; }
  /// Where next() goes on.
  [[nodiscard]] std::uint64_t position() const { return window_begin_ + at_; }

 private:
  [[nodiscard]] bool fill(std::uint64_t offset, std::size_t wanted);
  [[nodiscard]] bool whole() const { return window_begin_ + window_size_ == text_.size; }

  TextBytes text_{};
  CsvDialect dialect_{};
  std::vector<char> memory_{};
  const char* window_ = nullptr;
  std::uint64_t window_begin_ = 0;
  std::size_t window_size_ = 0;
  std::size_t at_ = 0;  ///< in the window
  std::uint64_t row_begin_ = 0;
};

/// How many lines end in `text`.
[[nodiscard]] std::uint64_t count_lines(std::string_view text, char line_end);

}  // namespace feedline::inline nodes
