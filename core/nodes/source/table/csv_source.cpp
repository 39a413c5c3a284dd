// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/csv_source.h"

#include "base/file_calls.h"
#include "base/machine_fault.h"
#include "base/numbers.h"
#include "base/plain_text.h"
#include "base/text_lookup.h"
#include "nodes/source/table/csv_survey.h"
#include "nodes/source/table/mapped_text.h"
#include "nodes/source/table/text_encoding.h"
#include "schema/in_blocks.h"
#include "schema/in_memory.h"
#include "schema/record_keys.h"
#include "schema/row.h"
#include "schema/shared_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr unsigned kLookForChange = 64;     // reads
constexpr std::size_t kShownCell = 40;      // bytes
constexpr std::size_t kFetchedAhead = 8;    // rows
constexpr std::size_t kFetchedBytes = 192;  // of each

/// What a thread keeps from one row to the next, of whatever source it reads.
struct CsvReading {
  std::uint64_t id = 0;    ///< of the text that `next` is about
  std::uint64_t next = 0;  ///< the row that the cursor stands before
  RowCursor cursor{};
  RowSplitter splitter{};
  std::vector<std::string_view> texts{};
  unsigned reads = 0;
};
thread_local CsvReading csv_reading;  // of read() and read_block()

std::uint64_t new_text_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(2) + 2;
}

class CsvSource final : public Source,
                        public InMemory,
                        public ReadsBlocks,
                        public Reporting,
                        public SharedFiles,
                        public RecordKeys {
 public:
  CsvSource(PlainFile plain, CsvHead head, RowIndex index, TableLayout layout, MissingTokens missing)
      : plain_(std::move(plain)),
        head_(std::move(head)),
        index_(std::move(index)),
        layout_(std::move(layout)),
        missing_(std::move(missing)),
        id_(new_text_id()) {
    if (plain_.facts.size <= kMappedUpTo) map_ = std::make_unique<MappedText>(plain_.file.get(), plain_.facts.size);
    for (std::size_t i = 0; i < layout_.columns.size(); ++i)
      if (layout_.columns[i].type == ColumnType::Text) text_columns_.push_back(i);
    if (layout_.label != kNoLabel) label_cell_.push_back(layout_.label);
    wanted_ = layout_.from;
    wanted_.insert(wanted_.end(), label_cell_.begin(), label_cell_.end());
    std::vector<std::string> classes;
    for (const auto& [text, number] : layout_.classes) {
      classes.push_back(text);
      class_numbers_.push_back(number);
    }
    classes_ = TextLookup(classes);
  }

  std::uint64_t size() const override { return index_.rows(); }
  const std::vector<TensorDesc>& outputs() const override { return layout_.outputs; }
  const SourceReport& report() const override { return layout_.report; }
  std::vector<std::string> files() const override { return {plain_.path}; }
  bool in_memory() const override { return map_ && map_->data() != nullptr; }
  std::string locate(std::uint64_t index) const override {
    if (layout_.label == kNoLabel) return fmt::format("{}:{}", escape_name(plain_.path), line_of(index));
    return fmt::format("{}#{}", escape_name(plain_.path), index);
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[0] == nullptr && out[1] == nullptr) return {};
    CsvReading& reading = csv_reading;
    if (Status split = split_row(index, reading, out[0] != nullptr ? wanted_ : label_cell_); !split) return split;
    if (Status given = give(index, reading, out[0], out[1]); !given) return given;
    return map_ && map_->data() == nullptr ? unchanged() : Status{};  // what was lost of a map reads as zeros
  }

  /// Rows that are drawn lie all over the file, so each is fetched while those in front of it are read.
  std::size_t read_block(std::span<const std::uint64_t> records, std::span<Datum* const> out) const override {
    const char* mapped = map_ ? map_->data() : nullptr;
    if (mapped == nullptr || (out[0] == nullptr && out[1] == nullptr)) return 0;
    CsvReading& reading = csv_reading;
    std::array<RowPlace, kFetchedAhead> places;
    const auto fetch = [&](std::size_t i) {
      RowPlace& place = places[i % kFetchedAhead] = index_.find(records[i]);
      for (std::size_t line = 0; line < kFetchedBytes; line += 64) __builtin_prefetch(mapped + place.begin + line);
    };
    const std::span<const std::size_t> wanted = out[0] != nullptr ? wanted_ : label_cell_;
    for (std::size_t i = 0; i < std::min(records.size(), kFetchedAhead); ++i) fetch(i);
    std::size_t done = 0;
    for (; done < records.size(); ++done) {
      const RowPlace place = places[done % kFetchedAhead];
      if (done + kFetchedAhead < records.size()) fetch(done + kFetchedAhead);
      if (++reading.reads % kLookForChange == 0 && !unchanged()) {
        --reading.reads;  // read() of this record looks again, and tells
        break;
      }
      if (!cut_mapped(place, reading, wanted) && !split_row(records[done], reading, wanted)) break;
      if (!give(records[done], reading, out[2 * done], out[2 * done + 1])) break;
    }
    return map_->data() == nullptr ? 0 : done;
  }

  const std::vector<std::string>& key_names() const override { return head_.names; }
  Status read_key(std::uint64_t index, std::size_t key, std::string& value, Datum* label) const override {
    thread_local CsvReading reading;
    const std::array<std::size_t, 2> wanted{key, layout_.label};
    const std::size_t count = label != nullptr && layout_.label != kNoLabel ? 2 : 1;
    if (Status split = split_row(index, reading, std::span(wanted).first(count)); !split) return split;
    const std::vector<CsvCell>& cells = reading.splitter.cells();
    if (label != nullptr)
      if (Status done = give_label(index, cells, *label); !done) return done;
    const std::string_view cell = cells[key].text();
    value.assign(missing_(cell) ? std::string_view() : cell);
    return map_ && map_->data() == nullptr ? unchanged() : Status{};
  }

 private:
  /// The cells of the row are those of `reading` then; perhaps only the wanted ones.
  Status split_row(std::uint64_t index, CsvReading& reading, std::span<const std::size_t> wanted) const {
    if (++reading.reads % kLookForChange == 0)
      if (Status same = unchanged(); !same) return same;
    if (map_ && cut_mapped(index_.find(index), reading, wanted)) return {};
    std::string_view row;
    if (Status found = find_row(index, reading, row); !found) return found;
    const std::size_t columns = head_.names.size();
    if (reading.splitter.cut(row.data(), row.data() + row.size(), head_.dialect, columns, wanted)) return {};
    const auto fault = reading.splitter.split(row, head_.dialect, columns + 1);
    const std::size_t cells = reading.splitter.cells().size();
    if (fault == RowSplitter::Fault::None && cells == columns) return {};
    return bad_row(index, row_fault(fault, cells, head_.names), "Mend the row, or leave it out");
  }

  /// Most rows of a mapped file: their place is known, and one look at their bytes is enough.
  bool cut_mapped(const RowPlace& place, CsvReading& reading, std::span<const std::size_t> wanted) const {
    const char* mapped = map_->data();
    return mapped != nullptr && place.skip == 0 &&
           reading.splitter.cut(mapped + place.begin, mapped + plain_.facts.size, head_.dialect, head_.names.size(),
                                wanted);
  }

  Status give(std::uint64_t index, CsvReading& reading, Datum* row, Datum* label) const {
    if (label != nullptr)
      if (Status done = give_label(index, reading.splitter.cells(), *label); !done) return done;
    return row != nullptr ? give_row(index, reading, *row) : Status{};
  }

  [[nodiscard]] TextBytes text() const {
    const char* mapped = map_ ? map_->data() : nullptr;
    return {.descriptor = plain_.file.get(),
            .size = plain_.facts.size,
            .map = mapped,
            .id = mapped == nullptr ? id_ : id_ + 1};
  }

  Status find_row(std::uint64_t index, CsvReading& reading, std::string_view& row) const {
    const TextBytes bytes = text();
    std::uint64_t skip = 0;
    if (reading.id != bytes.id || reading.next != index) {
      const RowPlace place = index_.find(index);
      reading.cursor.seek(bytes, head_.dialect, place.begin, static_cast<std::size_t>(place.end - place.begin));
      skip = place.skip;
    }
    reading.id = 0;  // until the row has been found
    for (;; --skip) {
      const RowCursor::Found found = reading.cursor.next(row);
      if (found == RowCursor::Found::Row && skip > 0) continue;
      if (found == RowCursor::Found::Row) break;
      return not_found(index, found, errno);
    }
    reading.id = bytes.id;
    reading.next = index + 1;
    return {};
  }

  Status not_found(std::uint64_t index, RowCursor::Found found, int error_number) const {
    if (found == RowCursor::Found::Open || found == RowCursor::Found::TooLong)
      return bad_row(index,
                     found == RowCursor::Found::Open ? std::string("a quote that opens in this row is never closed")
                                                     : fmt::format("the row has more than {} MiB", kLongestRow >> 20),
                     "Close the quote that opens in it, double it, or set quote to none");
    if (found == RowCursor::Found::End) error_number = 0;
    Error error = read_error(plain_.path, error_number, "the file has become shorter since it was opened").value();
    if (!is_machine_fault(error)) error.code = ErrorCode::BadRecord;
    return fail(std::move(error));
  }

  /// Of the open file: one that was put in the place of its name is no matter.
  Status unchanged() const {
    struct stat status {};
    if (FileCalls::current().fstat(plain_.file.get(), &status) != 0)
      return fail_errno(plain_.path, "it cannot be read", errno);
    const std::int64_t modified =
        static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
    if (static_cast<std::uint64_t>(status.st_size) == plain_.facts.size && modified == plain_.facts.modified_ns)
      return {};
    Error error = fail_file(plain_.path, "the file has changed since it was opened",
                            "Start again, so that its rows are found anew")
                      .value();
    error.code = ErrorCode::BadRecord;
    return fail(std::move(error));
  }

  /// The file, with the line of the row. What seems a bad row may be a file that has changed.
  tl::unexpected<Error> bad_row(std::uint64_t index, std::string reason, std::string remedy) const {
    if (Status same = unchanged(); !same) return fail(std::move(same.error()));
    return fail(Error{.code = ErrorCode::BadRecord,
                      .reason = std::move(reason),
                      .remedy = std::move(remedy),
                      .file = fmt::format("{}:{}", escape_name(plain_.path), line_of(index))});
  }

  /// From 1 on, of the line that the row begins in.
  [[nodiscard]] std::uint64_t line_of(std::uint64_t index) const {
    const RowPlace place = index_.find(index);
    RowCursor cursor;
    cursor.seek(text(), head_.dialect, place.begin, static_cast<std::size_t>(place.end - place.begin));
    std::string_view ignored;
    for (std::uint64_t skip = place.skip; skip > 0; --skip)
      if (cursor.next(ignored) != RowCursor::Found::Row) return place.line + 1;
    if (cursor.next(ignored) == RowCursor::Found::Unreadable) return place.line + 1;
    std::string before(static_cast<std::size_t>(cursor.row_begin() - place.begin), '\0');
    if (!read_at(plain_.file.get(), std::as_writable_bytes(std::span(before)), place.begin)) return place.line + 1;
    return place.line + 1 + count_lines(before, head_.dialect.line_end);
  }

  [[nodiscard]] std::string in_column(std::size_t column) const {
    return fmt::format("column {} '{}': ", column + 1, head_.names[column]);
  }

  Status give_label(std::uint64_t index, const std::vector<CsvCell>& cells, Datum& out) const {
    if (layout_.label == kNoLabel) {
      constexpr float kNone = 0;
      std::memcpy(out.allocate(DType::F32, {}), &kNone, sizeof kNone);
      return {};
    }
    const std::string_view cell = cells[layout_.label].text();
    if (layout_.separator) {
      const auto unknown = put_labels(layout_, missing_(cell) ? std::string_view() : cell, out);
      return unknown ? no_class(index, *unknown) : Status{};
    }
    if (missing_(cell))
      return bad_row(index, in_column(layout_.label) + "the label is missing", "Fill it in, or leave the row out");
    if (!layout_.label_number) {
      const std::uint32_t known = classes_.find(cell);
      if (known == TextLookup::kNone) return no_class(index, cell);
      out.set_label(class_numbers_[known]);
      return {};
    }
    double value = 0;
    constexpr double kMost = std::numeric_limits<float>::max();
    if (!parse_cell(cell, head_.dialect.decimal_comma, value) || std::abs(value) > kMost)
      return no_number(index, layout_.label, cell);
    const auto number = static_cast<float>(value);
    std::memcpy(out.allocate(DType::F32, {}), &number, sizeof number);
    return {};
  }

  Status no_class(std::uint64_t index, std::string_view label) const {
    return bad_row(index, in_column(layout_.label) + fmt::format("'{}' is no class", shown(label)),
                   "Choose another label, or set label_kind");
  }

  tl::unexpected<Error> no_number(std::uint64_t index, std::size_t column, std::string_view cell) const {
    return bad_row(index, in_column(column) + fmt::format("'{}' is no number", shown(cell)),
                   "Mend it, add it to missing, or name the column in texts");
  }

  static std::string shown(std::string_view cell) { return escape_name(cell.substr(0, kShownCell)); }

  Status give_row(std::uint64_t index, CsvReading& reading, Datum& out) const {
    const std::vector<CsvCell>& cells = reading.splitter.cells();
    const bool ascii = reading.splitter.ascii();
    std::vector<std::string_view>& texts = reading.texts;
    std::size_t text_bytes = 0;
    texts.clear();
    for (const std::size_t column : text_columns_) {
      const std::size_t from = layout_.from[column];
      std::string_view cell = cells[from].text();
      if (missing_(cell)) {
        cell = {};
      } else if (!ascii && !is_utf8(cell)) {
        return bad_row(index, in_column(from) + "its text is no UTF-8", "Set encoding to what the file is written in");
      }
      text_bytes += cell.size();
      texts.push_back(cell);
    }
    RowWriter writer(out, layout_.columns.size(), text_bytes);
    std::size_t next_text = 0;
    for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
      if (layout_.columns[i].type == ColumnType::Text) {
        const std::string_view text = texts[next_text++];
        if (text.empty()) {
          writer.missing_text(i);
        } else {
          writer.text(i, text);
        }
        continue;
      }
      const std::string_view cell = cells[layout_.from[i]].text();
      double value = 0;
      if (parse_cell(cell, head_.dialect.decimal_comma, value) && !missing_(cell)) {
        writer.number(i, value);
      } else if (missing_(cell)) {
        writer.missing_number(i);
      } else {
        return no_number(index, layout_.from[i], cell);
      }
    }
    return {};
  }

  PlainFile plain_;
  CsvHead head_;
  RowIndex index_;
  TableLayout layout_;
  MissingTokens missing_;
  std::uint64_t id_;  ///< and the next one, of the mapped text
  std::unique_ptr<MappedText> map_{};
  std::vector<std::size_t> text_columns_{};
  std::vector<std::size_t> label_cell_{};  ///< the label's column of the table, if there is one
  std::vector<std::size_t> wanted_{};      ///< columns of the table that are read: those of the row, and the label's
  TextLookup classes_{};
  std::vector<std::int64_t> class_numbers_{};
};

struct IndexedCsv {
  PlainFile plain{};
  CsvHead head{};
  std::optional<RowIndex> index{};
};

Result<IndexedCsv> index_csv(const CsvRequest& request, const std::string& encoding, const SourceContext& context) {
  auto plain = open_plain(request.file, encoding, context);
  if (!plain) return fail(std::move(plain.error()));
  auto head = read_head(*plain, request.settings);
  if (!head) return fail(std::move(head.error()));
  auto index = RowIndex::open({.plain = *plain,
                               .dialect = head->dialect,
                               .begin = head->begin,
                               .line = head->line,
                               .row_bytes = head->row_bytes},
                              context);
  if (!index) return fail(std::move(index.error()));
  if (index->rows() == 0)
    return fail_file(plain->path, "it has no rows of data", "Choose a table with at least two rows");
  return IndexedCsv{.plain = std::move(*plain), .head = std::move(*head), .index = std::move(*index)};
}

/// A file most of whose rows cannot be read is rather read in a wrong way.
Status check_shape(const IndexedCsv& csv, const TableSurvey& survey) {
  if (2 * survey.malformed <= survey.rows) return {};
  return fail_file(csv.plain.path,
                   fmt::format("{} of its {} rows do not fit its {} columns, first row {}: {}",
                               numbers::count(survey.malformed), numbers::count(survey.rows), csv.head.names.size(),
                               numbers::count(survey.first_malformed + 1), survey.fault),
                   "Set separator, quote, header or skip_lines as the file is written");
}

/// A table without a label, of these columns. A first row that holds their names is a header, however few rows there
/// are to tell it from; where training had no header, this one has none either.
Result<std::unique_ptr<Source>> open_csv_like(CsvRequest request, const SourceContext& context) {
  std::optional<Error> first;
  for (const char* header : {"yes", "no"}) {
    if (request.settings.header != "auto" && request.settings.header != header) continue;
    CsvRequest attempt = request;
    attempt.settings.header = header;
    auto csv = index_csv(attempt, attempt.encoding, context);
    if (csv && attempt.encoding == "auto")
      if (const auto invalid = csv->index->first_invalid()) {
        const auto encoding = encoding_around(csv->plain, *invalid);
        if (!encoding) return fail(encoding.error());
        if (*encoding != kUtf8) csv = index_csv(attempt, *encoding, context);
      }
    auto layout = csv ? lay_out_like(csv->head.names, context.like) : Result<TableLayout>(fail(csv.error()));
    if (layout)
      return std::make_unique<CsvSource>(std::move(csv->plain), std::move(csv->head), std::move(*csv->index),
                                         std::move(*layout), MissingTokens(request.choices.missing));
    if (!first) first = std::move(layout.error());
  }
  return fail(std::move(*first));
}

}  // namespace

Result<std::unique_ptr<Source>> open_csv(const CsvRequest& request, const SourceContext& context) {
  const auto of_file = [&](Error error) {
    if (error.parameter.empty()) error.parameter = "file";
    return fail(std::move(error).in_file(escape_name(request.file)));
  };
  if (!context.like.empty()) {
    auto like = open_csv_like(request, context);
    return like ? std::move(like) : of_file(std::move(like.error()));
  }
  auto csv = index_csv(request, request.encoding, context);
  if (!csv) return of_file(std::move(csv.error()));
  if (const auto invalid = csv->index->first_invalid(); invalid && request.encoding == "auto") {
    const auto encoding = encoding_around(csv->plain, *invalid);
    if (!encoding) return of_file(encoding.error());
    if (*encoding != kUtf8) {
      csv = index_csv(request, *encoding, context);
      if (!csv) return of_file(std::move(csv.error()));
    }
  }
  const auto label = label_column(csv->head.names, request.choices);
  if (!label) return of_file(label.error());
  MissingTokens missing(request.choices.missing);
  std::string missing_key;
  for (const std::string& token : request.choices.missing) missing_key += fmt::format("{}:{},", token.size(), token);
  auto survey =
      survey_csv({.plain = csv->plain,
                  .head = csv->head,
                  .index = *csv->index,
                  .missing = missing,
                  .missing_key = std::move(missing_key),
                  .label = *label,
                  .separator = separator_of(request.choices),
                  .text = {.descriptor = csv->plain.file.get(), .size = csv->plain.facts.size, .id = new_text_id()}},
                 context);
  if (!survey) return of_file(std::move(survey.error()));
  if (Status shape = check_shape(*csv, *survey); !shape) return of_file(std::move(shape.error()));
  auto layout = lay_out(csv->head.names, *survey, request.choices);
  if (!layout) return of_file(std::move(layout.error()));
  if (layout->report.refusal) layout->report.refusal->file = escape_name(request.file);
  return std::make_unique<CsvSource>(std::move(csv->plain), std::move(csv->head), std::move(*csv->index),
                                     std::move(*layout), std::move(missing));
}

}  // namespace feedline::inline nodes
