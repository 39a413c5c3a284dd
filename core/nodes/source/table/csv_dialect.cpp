// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/csv_dialect.h"

#include "base/plain_text.h"
#include "nodes/source/table/cell_value.h"
#include "nodes/source/table/column_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kFirstLook = std::size_t{256} << 10;
constexpr std::size_t kSampleRows = 100;
constexpr std::size_t kLeastRows = 3;     // or the whole file
constexpr std::size_t kSampleCells = 64;  // of a row, for what cells look like
constexpr std::size_t kMostPreamble = 20;
constexpr std::size_t kNearlyEmpty = 5;  // one cell in so many is filled at most
constexpr std::array kSeparators = {',', ';', '\t', '|', ':', ' '};

using SampleRow = std::vector<std::string>;

struct Sample {
  std::vector<SampleRow> rows{};
  std::vector<std::size_t> ends{};  ///< offset behind each row
  std::vector<char> faulty{};
  std::size_t columns = 0;  ///< that most rows have
  double agreeing = 0;      ///< share of the rows that have as many
  [[nodiscard]] bool fits(std::size_t row) const { return rows[row].size() == columns && faulty[row] == 0; }
};

/// The rows of `head` as this dialect has them. `cut`: the file goes on behind it, so a row without an end is left out.
Sample sample_of(std::string_view head, const CsvDialect& dialect, bool cut) {
  Sample sample;
  RowSplitter splitter;
  std::map<std::size_t, std::size_t> counts;
  const char* at = head.data();
  const char* const end = at + head.size();
  while (at < end && sample.rows.size() < kSampleRows) {
    const auto* line = static_cast<const char*>(std::memchr(at, dialect.line_end, static_cast<std::size_t>(end - at)));
    const char* stop = line == nullptr ? end : line;
    if (is_no_row({at, static_cast<std::size_t>(stop - at)}, dialect)) {
      at = line == nullptr ? end : line + 1;
      continue;
    }
    bool open = false;
    const char* after = row_end(at, end, dialect, open);
    if (after == nullptr && cut) break;
    const char* close = after == nullptr ? end : after - 1;
    while (close > at && close[-1] == '\r') --close;
    const auto fault = splitter.split({at, static_cast<std::size_t>(close - at)}, dialect, kMostColumns + 1);
    SampleRow row;
    for (const CsvCell& cell : splitter.cells()) row.emplace_back(cell.text());
    ++counts[row.size()];
    sample.rows.push_back(std::move(row));
    sample.faulty.push_back(fault == RowSplitter::Fault::None ? 0 : 1);
    at = after == nullptr ? end : after;
    sample.ends.push_back(static_cast<std::size_t>(at - head.data()));
  }
  std::size_t most = 0;
  for (const auto& [columns, rows] : counts)
    if (rows >= most) {
      most = rows;
      sample.columns = columns;
    }
  std::size_t fitting = 0;
  for (std::size_t i = 0; i < sample.rows.size(); ++i) fitting += sample.fits(i) ? 1 : 0;
  if (!sample.rows.empty()) sample.agreeing = static_cast<double>(fitting) / static_cast<double>(sample.rows.size());
  return sample;
}

/// A number with either decimal sign, a date or a time, nothing, or words in which no other separator stands.
bool looks_like_cell(const std::string& cell, char quote) {
  double ignored = 0;
  if (cell.empty() || parse_cell(cell, false, ignored) || parse_cell(cell, true, ignored)) return true;
  if (cell.find_first_not_of("0123456789-/:.TZ+ ") == std::string::npos) return cell.find("::") == std::string::npos;
  for (const char c : cell)
    if (c == ',' || c == ';' || c == '\t' || c == '|' || (quote != '\0' && c == quote)) return false;
  return true;
}

double cells_alike(const Sample& sample, char quote) {
  std::size_t all = 0;
  std::size_t good = 0;
  for (std::size_t r = 0; r < sample.rows.size(); ++r) {
    if (!sample.fits(r)) continue;
    for (std::size_t c = 0; c < std::min(sample.rows[r].size(), kSampleCells); ++c) {
      ++all;
      good += looks_like_cell(sample.rows[r][c], quote) ? 1 : 0;
    }
  }
  return all == 0 ? 0 : static_cast<double>(good) / static_cast<double>(all);
}

char find_separator(std::string_view head, CsvDialect dialect, bool cut) {
  char best = ',';
  double best_score = 0.2;  // below it the table has one column
  for (const char separator : kSeparators) {
    if (head.find(separator) == std::string_view::npos) continue;
    dialect.separator = separator;
    const Sample sample = sample_of(head, dialect, cut);
    if (sample.columns < 2) continue;
    double score = sample.agreeing * sample.agreeing * (0.1 + 0.9 * cells_alike(sample, dialect.quote));
    // Blanks and colons stand in texts and times too: they separate only where nothing else does so at all well.
    if (separator == ':' || separator == ' ') score = sample.agreeing < 0.9 ? 0 : 0.5 * score;
    if (score > best_score + 1e-9) {
      best = separator;
      best_score = score;
    }
  }
  return best;
}

/// Places where a cell can begin, and the sign stands.
std::size_t cells_begun_by(std::string_view head, char quote) {
  std::size_t count = 0;
  for (std::size_t at = head.find(quote); at != std::string_view::npos; at = head.find(quote, at + 1))
    if (at == 0 || std::string_view(",;\t|:\n\r ").find(head[at - 1]) != std::string_view::npos) ++count;
  return count;
}

char find_quote(std::string_view head) {
  const std::size_t single = cells_begun_by(head, '\'');
  return single >= 4 && cells_begun_by(head, '"') == 0 && 2 * single >= count_lines(head, '\n') ? '\'' : '"';
}

/// Is a quote sign within quotes written as \" here? Behind a backslash, an odd number of quotes ends a cell where
/// quotes are doubled, and an even number does where they are escaped. What follows tells which: only a separator can
/// stand behind the end of a cell, while one within the text proves little.
char find_escape(std::string_view head, char quote) {
  if (quote == '\0') return '\0';
  const char sign[] = {'\\', quote, '\0'};
  std::ptrdiff_t proof = 0;  // above 0: for the backslash
  std::ptrdiff_t hint = 0;
  for (std::size_t at = head.find(sign); at != std::string_view::npos;) {
    const std::size_t end = std::min(head.find_first_not_of(quote, at + 1), head.size());
    const std::size_t behind = head.find_first_not_of(" \r", end);
    if (behind == std::string_view::npos) break;  // cut off, or the last cell
    const bool odd = (end - at - 1) % 2 == 1;
    const bool separated = std::string_view(",;\t|:\n").find(head[behind]) != std::string_view::npos;
    (separated ? hint : proof) += odd != separated ? 1 : -1;
    at = head.find(sign, end);
  }
  return proof > 0 || (proof == 0 && hint > 0) ? '\\' : '\0';
}

bool find_decimal_comma(const Sample& sample, char separator) {
  if (separator == ',') return false;
  std::size_t comma = 0;
  std::size_t point = 0;
  double ignored = 0;
  for (const SampleRow& row : sample.rows)
    for (const std::string& cell : row) {
      if (cell.find_first_of(".,") == std::string::npos) continue;
      point += parse_cell(cell, false, ignored) ? 1 : 0;
      comma += parse_cell(cell, true, ignored) ? 1 : 0;
    }
  return comma > point;
}

/// Lines of blanks alone, which a separator found in them cuts into empty cells.
bool is_blank(const Sample& sample) {
  const auto has_nothing = [](const std::string& cell) { return cell.find_first_not_of(" \t") == std::string::npos; };
  return std::all_of(sample.rows.begin(), sample.rows.end(),
                     [&](const SampleRow& row) { return std::all_of(row.begin(), row.end(), has_nothing); });
}

/// Names: of columns of numbers most are none, of others each is there (but where the column is as good as empty) and
/// stands nowhere else.
bool is_header(const Sample& sample, std::size_t first, bool decimal_comma) {
  const SampleRow& names = sample.rows[first];
  if (names.size() != sample.columns) return false;
  double ignored = 0;
  std::size_t number_columns = 0;
  std::size_t named = 0;
  std::size_t given = 0;
  bool unnamed = false;
  for (std::size_t c = 0; c < names.size(); ++c) {
    std::size_t numbers = 0;
    std::size_t filled = 0;
    std::size_t rows = 0;
    bool again = false;
    for (std::size_t r = first + 1; r < sample.rows.size(); ++r) {
      if (!sample.fits(r)) continue;
      const std::string& cell = sample.rows[r][c];
      ++rows;
      filled += cell.empty() ? 0 : 1;
      numbers += parse_cell(cell, decimal_comma, ignored) ? 1 : 0;
      again |= !names[c].empty() && cell == names[c];
    }
    const bool number = parse_cell(names[c], decimal_comma, ignored);
    given += names[c].empty() ? 0 : 1;
    unnamed |= names[c].empty() && kNearlyEmpty * filled >= std::max<std::size_t>(rows, 1);
    if (again && !number) return false;
    if (rows > 0 && 2 * numbers > rows) {
      ++number_columns;
      named += !number && !names[c].empty() && names[c] != "?" ? 1 : 0;
    } else if (number) {
      return false;
    }
  }
  if (number_columns > 0) return 2 * named > number_columns;
  std::set<std::string> unique(names.begin(), names.end());
  unique.erase(std::string());
  return !unnamed && given > 0 && unique.size() == given;
}

/// The row of the table's names, else its first one. A spreadsheet fills up titles above it with empty cells.
std::size_t find_top(const Sample& sample, bool decimal_comma) {
  std::size_t first = 0;
  while (first < std::min(kMostPreamble, sample.rows.size() - 1) && sample.rows[first].size() != sample.columns)
    ++first;
  if (sample.rows[first].size() != sample.columns) return 0;
  if (is_header(sample, first, decimal_comma)) return first;
  const auto is_title = [](const SampleRow& row) {
    return 2 * static_cast<std::size_t>(std::count(row.begin(), row.end(), std::string())) > row.size();
  };
  std::size_t names = first;
  while (names + 2 < std::min(kMostPreamble, sample.rows.size()) && is_title(sample.rows[names])) ++names;
  return names > first && is_header(sample, names, decimal_comma) ? names : first;
}

Result<char> one_character(const std::string& text, const char* parameter, bool may_be_none) {
  if (text.empty() && may_be_none) return '\0';
  if (text == "tab" || text == "\\t") return '\t';
  if (text == "space") return ' ';
  const bool fine = text.size() == 1 && static_cast<signed char>(text.front()) > 0 && text != "\n" && text != "\r";
  if (fine) return text.front();
  return fail(Error{.reason = fmt::format("'{}' is no single character", escape_name(text)),
                    .remedy = may_be_none ? "Give one ASCII character, such as #, or nothing"
                                          : "Give auto, tab, space or one ASCII character such as ;",
                    .parameter = parameter});
}

/// The beginning of the file, as far as two lines reach, and at least `wanted` bytes.
Result<std::string> first_look(const PlainFile& plain, std::uint64_t wanted) {
  const std::uint64_t all = plain.facts.size - plain.begin;
  std::string head;
  for (; wanted <= 4 * kLongestRow; wanted *= 4) {
    head.resize(static_cast<std::size_t>(std::min({wanted, all, std::uint64_t{kLongestRow} + kFirstLook})));
    if (!read_at(plain.file.get(), std::as_writable_bytes(std::span(head)), plain.begin))
      return read_error(plain.path, errno, "it became shorter while it was read");
    if (head.size() == all) return head;
    const std::size_t first = head.find_first_of("\n\r");
    if (first != std::string::npos && head.find_first_of("\n\r", first + 2) != std::string::npos) return head;
  }
  return fail_file(plain.path, fmt::format("its first lines have more than {} MiB", kLongestRow >> 20),
                   "Choose a table with one row a line");
}

/// What is left of `head` behind so many lines.
std::size_t behind_lines(std::string_view head, std::int64_t lines, char line_end) {
  std::size_t at = 0;
  for (; lines > 0 && at < head.size(); --lines) {
    const std::size_t end = head.find(line_end, at);
    at = end == std::string_view::npos ? head.size() : end + 1;
  }
  return at;
}

/// None: `look` is too short to tell.
Result<std::optional<CsvHead>> head_of_table(const PlainFile& plain, const CsvSettings& settings,
                                             std::string_view look) {
  std::string_view head = look;
  const bool cut = plain.begin + head.size() < plain.facts.size;
  CsvHead found;
  CsvDialect& dialect = found.dialect;
  dialect.line_end =
      head.find('\n') == std::string_view::npos && head.find('\r') != std::string_view::npos ? '\r' : '\n';
  const auto comment = one_character(settings.comment, "comment", true);
  if (!comment) return fail(comment.error());
  dialect.comment = *comment;
  const std::size_t skipped = behind_lines(head, settings.skip_lines, dialect.line_end);
  head.remove_prefix(skipped);

  dialect.quote = settings.quote == "none" ? '\0' : settings.quote == "single" ? '\'' : '"';
  if (settings.quote == "auto") dialect.quote = find_quote(head);
  dialect.escape = find_escape(head, dialect.quote);
  if (settings.separator == "auto") {
    dialect.separator = find_separator(head, dialect, cut);
  } else {
    const auto separator = one_character(settings.separator, "separator", false);
    if (!separator) return fail(separator.error());
    dialect.separator = *separator;
  }

  const Sample sample = sample_of(head, dialect, cut);
  if (cut && sample.rows.size() < kLeastRows && look.size() < kLongestRow) return std::nullopt;
  if (sample.rows.empty())
    return fail_file(plain.path, cut ? "no row of it ends: a quote that opens in it is never closed" : "it has no rows",
                     cut ? "Set quote to none, or mend the file" : "Choose a table with at least two rows");
  if (sample.columns > kMostColumns)
    return fail_file(plain.path, fmt::format("it has more than {} columns", kMostColumns),
                     "Choose a table with a row a record, not a column");
  if (!cut && is_blank(sample))
    return fail_file(plain.path, "it has no rows but blank ones", "Choose a table with at least two rows");
  dialect.decimal_comma =
      settings.decimal == "comma" || (settings.decimal == "auto" && find_decimal_comma(sample, dialect.separator));

  const std::size_t first = settings.header == "auto" ? find_top(sample, dialect.decimal_comma) : 0;
  found.has_header = settings.header == "yes" || (settings.header == "auto" && sample.rows.size() > first + 1 &&
                                                  is_header(sample, first, dialect.decimal_comma));
  const SampleRow& top = sample.rows[first];
  found.names = found.has_header ? column_names(top) : column_names(SampleRow(top.size()));
  std::size_t begin = first == 0 ? 0 : sample.ends[first - 1];
  if (found.has_header) begin = sample.ends[first];
  found.begin = plain.begin + skipped + begin;
  found.line = count_lines(look.substr(0, skipped + begin), dialect.line_end);
  found.row_bytes = std::max<std::size_t>(sample.ends.back() / sample.rows.size(), 1);
  if (found.begin >= plain.facts.size)
    return fail_file(plain.path, "it has a header, but no rows", "Choose a table with at least two rows");
  return found;
}

}  // namespace

Result<CsvHead> read_head(const PlainFile& plain, const CsvSettings& settings) {
  for (std::uint64_t wanted = kFirstLook;; wanted *= 8) {
    const auto look = first_look(plain, std::min<std::uint64_t>(wanted, 4 * kLongestRow));
    if (!look) return fail(look.error());
    auto head = head_of_table(plain, settings, *look);
    if (!head) return fail(std::move(head.error()));
    if (*head) return std::move(**head);
  }
}

}  // namespace feedline::inline nodes
