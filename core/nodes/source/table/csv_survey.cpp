// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/csv_survey.h"

#include "base/cores.h"
#include "base/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSurveyKeptFrom = std::uint64_t{4} << 20;
constexpr std::uint64_t kLargestKept = std::uint64_t{64} << 20;
constexpr unsigned kMostSurveyThreads = 16;
constexpr std::string_view kSurveyMark = "survey 2";

fs::path survey_file(const SurveyRequest& request, const SourceContext& context) {
  std::error_code ignored;
  const CsvDialect& d = request.head.dialect;
  const std::string whole = fs::weakly_canonical(request.plain.opened, ignored).string();
  const std::string key = fmt::format(
      "{}|{}|{}|{}|{}|{}|{}|{:d}|{:d}|{:d}|{:d}|{:d}|{}|{}", kSurveyMark, whole, request.plain.facts.size,
      request.plain.facts.modified_ns, request.head.begin, request.label,
      request.missing_key + (request.separator ? "several " + *request.separator : ""), static_cast<int>(d.separator),
      static_cast<int>(d.quote), static_cast<int>(d.escape), static_cast<int>(d.comment), static_cast<int>(d.line_end),
      d.decimal_comma, request.head.names.size());
  return cache_folder_or_default(context.cache_folder) / "tables" / (fingerprint(key) + ".survey");
}

/// Lines of numbers and shown texts.
std::string survey_text(const TableSurvey& survey) {
  std::string text = fmt::format("{}\n{} {} {} {} {} {} {} {}\n", kSurveyMark, survey.rows, survey.malformed,
                                 survey.first_malformed, survey.many_labels ? 1 : 0, survey.label_runs,
                                 survey.columns.size(), survey.labels.size(), escape_name(survey.fault));
  for (const CellCounts& column : survey.columns)
    text += fmt::format("{} {} {} {} {} {}\n", column.missing, column.numbers, column.fractions, column.texts,
                        column.first_text_row, escape_name(column.first_text));
  for (const auto& [label, count] : std::map(survey.labels.begin(), survey.labels.end()))
    text += fmt::format("{} {}\n", count, escape_name(label));
  return text;
}

/// Reads survey_text() again; any disagreement ends it.
class SurveyReader {
 public:
  explicit SurveyReader(std::string_view text) : text_(text) {}

  std::optional<TableSurvey> read(std::size_t columns) {
    if (line() != kSurveyMark) return std::nullopt;
    TableSurvey survey;
    begin_line();
    survey.rows = number();
    survey.malformed = number();
    survey.first_malformed = number();
    survey.many_labels = number() != 0;
    survey.label_runs = number();
    const std::uint64_t column_count = number();
    const std::uint64_t label_count = number();
    survey.fault = unescape_name(rest_);
    if (!good_ || column_count != columns || label_count > kMostTableClasses) return std::nullopt;
    survey.columns.resize(columns);
    for (CellCounts& column : survey.columns) {
      begin_line();
      column.missing = number();
      column.numbers = number();
      column.fractions = number();
      column.texts = number();
      column.first_text_row = number();
      column.first_text = unescape_name(rest_);
    }
    for (std::uint64_t i = 0; i < label_count; ++i) {
      begin_line();
      const std::uint64_t count = number();
      survey.labels.emplace(unescape_name(rest_), count);
    }
    if (!good_ || survey.labels.size() != label_count || !text_.empty()) return std::nullopt;
    return survey;
  }

 private:
  std::string_view line() {
    const std::size_t end = text_.find('\n');
    if (end == std::string_view::npos) {
      good_ = false;
      return {};
    }
    const std::string_view found = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return found;
  }
  void begin_line() { rest_ = line(); }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const auto length = static_cast<std::size_t>(end - rest_.data());
    if (error != std::errc() || length >= rest_.size() || rest_[length] != ' ') {
      good_ = false;
      return 0;
    }
    rest_.remove_prefix(length + 1);
    return value;
  }

  std::string_view text_;
  std::string_view rest_{};
  bool good_ = true;
};

std::optional<TableSurvey> kept_survey(const fs::path& file, std::size_t columns) {
  FileFacts facts;
  const auto opened = open_file(file.string(), &facts);
  if (!opened || facts.size > kLargestKept) return std::nullopt;
  std::string text(static_cast<std::size_t>(facts.size), '\0');
  if (!read_at(opened->get(), std::as_writable_bytes(std::span(text)), 0)) return std::nullopt;
  return SurveyReader(text).read(columns);
}

class ParallelSurvey {
 public:
  ParallelSurvey(const SurveyRequest& request, const SourceContext& context)
      : request_(request), context_(context), runs_(request.index.segments()) {}

  Result<TableSurvey> run() {
    unsigned threads = request_.threads;
    if (threads == 0) threads = std::min(static_cast<unsigned>(usable_cores()), kMostSurveyThreads);
    threads = std::max(1U, std::min<unsigned>(threads, static_cast<unsigned>(runs_.size())));
    std::vector<TableSurvey> parts(threads);
    {
      std::vector<std::jthread> helpers;
      for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this, &parts, i] { guarded_work(parts[i], false); });
      guarded_work(parts[0], true);
    }
    if (context_.stop.stop_requested()) return fail_cancelled();
    if (error_) return fail(std::move(*error_));
    TableSurvey all;
    for (const TableSurvey& part : parts) all.merge(part);
    LabelRuns runs;
    for (const LabelRuns& piece : runs_) runs.append(piece);
    all.label_runs = all.many_labels ? 0 : runs.runs();
    return all;
  }

 private:
  void guarded_work(TableSurvey& part, bool reports) {
    try {
      part.columns.resize(request_.head.names.size());
      work(part, reports);
    } catch (const std::exception&) {
      set_error(fail_errno(request_.plain.path, "its rows cannot be looked at", ENOMEM).value());
    }
  }

  void work(TableSurvey& part, bool reports) {
    for (std::size_t i = next_.fetch_add(1); i < runs_.size(); i = next_.fetch_add(1)) {
      if (context_.stop.stop_requested() || failed_.load(std::memory_order_relaxed)) return;
      if (Status done = look_at(i, part); !done) return set_error(std::move(done.error()));
      if (reports && context_.progress)
        context_.progress("Looking at the columns", static_cast<double>(i) / static_cast<double>(runs_.size()));
    }
  }

  Status look_at(std::size_t segment, TableSurvey& part) {
    const RowIndex::Stretch stretch = request_.index.segment(segment);
    const std::vector<std::string>& names = request_.head.names;
    RowCursor cursor;
    RowSplitter splitter;
    cursor.seek(request_.text, request_.head.dialect, stretch.begin, kSurveyPiece);
    for (std::uint64_t row = stretch.first_row; row < stretch.first_row + stretch.rows; ++row) {
      std::string_view text;
      ++part.rows;
      switch (cursor.next(text)) {
        case RowCursor::Found::Unreadable:
          return read_error(request_.plain.path, errno, "it became shorter while it was read");
        case RowCursor::Found::TooLong:
        case RowCursor::Found::Open:  // the last one of its segment
          part.add_malformed(row, "a quote that opens in it is never closed");
          continue;
        case RowCursor::Found::End:
          return read_error(request_.plain.path, 0, "it became shorter while it was read");
        case RowCursor::Found::Row:
          break;
      }
      const auto fault = splitter.split(text, request_.head.dialect, names.size() + 1);
      if (fault != RowSplitter::Fault::None || splitter.cells().size() != names.size()) {
        part.add_malformed(row, row_fault(fault, splitter.cells().size(), names));
        continue;
      }
      count_cells(splitter.cells(), row, part, runs_[segment]);
    }
    return {};
  }

  void count_cells(const std::vector<CsvCell>& cells, std::uint64_t row, TableSurvey& part, LabelRuns& runs) const {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string_view cell = cells[i].text();
      double value = 0;
      CellCounts& counts = part.columns[i];
      if (request_.missing(cell)) {
        ++counts.missing;
        continue;
      }
      if (parse_cell(cell, request_.head.dialect.decimal_comma, value)) {
        ++counts.numbers;
        counts.fractions += value == std::floor(value) ? 0 : 1;
      } else {
        part.add_text(i, cell, row);
      }
      if (i != request_.label) continue;
      if (request_.separator) {
        part.add_labels(cell, *request_.separator);
        continue;
      }
      if (part.add_label(cell)) runs.add(cell);
    }
  }

  void set_error(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    failed_.store(true, std::memory_order_relaxed);
  }

  static constexpr std::size_t kSurveyPiece = std::size_t{64} << 10;

  const SurveyRequest& request_;
  const SourceContext& context_;
  std::vector<LabelRuns> runs_;  ///< one a segment, in order
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_{};
  std::optional<Error> error_{};
};

}  // namespace

std::string row_fault(RowSplitter::Fault fault, std::size_t cells, const std::vector<std::string>& names) {
  const auto column = [&] {
    const std::size_t at = cells == 0 ? 0 : cells - 1;
    return at < names.size() ? fmt::format("column {} '{}'", at + 1, names[at]) : fmt::format("column {}", at + 1);
  };
  switch (fault) {
    case RowSplitter::Fault::StrayQuote:
      return column() + ": something stands between the closing quote and the next separator";
    case RowSplitter::Fault::OpenQuote:
      return column() + ": the quote that opens it is never closed";
    case RowSplitter::Fault::ManyCells:
      return fmt::format("the row has more cells than the table has columns, {}", names.size());
    case RowSplitter::Fault::None:
      break;
  }
  if (cells > names.size()) return fmt::format("the row has more cells than the table has columns, {}", names.size());
  return fmt::format("the row has {} of the table's {} cells", cells, names.size());
}

Result<TableSurvey> survey_csv(const SurveyRequest& request, const SourceContext& context) {
  const bool kept = request.plain.facts.size >= kSurveyKeptFrom;
  const fs::path file = survey_file(request, context);
  if (kept)
    if (auto known = kept_survey(file, request.head.names.size()); known && known->rows == request.index.rows())
      return std::move(*known);
  auto survey = ParallelSurvey(request, context).run();
  if (!survey || !kept) return survey;
  // What cannot be written costs only time when the file is opened again.
  const std::string text = survey_text(*survey);
  if (make_folder(file.parent_path())) (void)write_atomically(file, std::as_bytes(std::span(text)));
  return survey;
}

}  // namespace feedline::inline nodes
