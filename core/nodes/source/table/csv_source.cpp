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

constexpr unsigned kLookForChange = 64;               // reads
constexpr std::size_t kShownCell = 40;                // bytes
constexpr std::uint32_t kBehindOthers = 0xFFFFFFFFU;  // a row that is found by walking over the one in front of it
constexpr std::size_t kFetchedAhead = 8;              // rows
constexpr std::size_t kFetchedBytes = 192;            // of each

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
    find_begins();
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
    if (Refusal refused = give(index, reading, out[0], out[1])) return fail(std::move(*refused));
    return map_ && map_->data() == nullptr ? unchanged() : Status{};  // what was lost of a map reads as zeros
  }

  /// Rows that are drawn lie all over the file, so each is fetched while those in front of it are read.
  std::size_t read_block(std::span<const std::uint64_t> records, std::span<Datum* const> out) const override {
    const char* mapped = map_ ? map_->data() : nullptr;
    if (mapped == nullptr || (out[0] == nullptr && out[1] == nullptr)) return 0;
    CsvReading& reading = csv_reading;
    const auto fetch = [&](std::size_t i) {
      const char* row = mapped + begins_[records[i]];
      for (std::size_t line = 0; line < kFetchedBytes; line += 64) __builtin_prefetch(row + line);
    };
    const std::span<const std::size_t> wanted = out[0] != nullptr ? wanted_ : label_cell_;
    for (std::size_t i = 0; i < std::min(records.size(), kFetchedAhead); ++i) fetch(i);
    std::size_t done = 0;
    for (; done < records.size(); ++done) {
      if (done + kFetchedAhead < records.size()) fetch(done + kFetchedAhead);
      if (++reading.reads % kLookForChange == 0 && !unchanged()) {
        --reading.reads;  // read() of this record looks again, and tells
        break;
      }
      if (!cut_mapped(records[done], reading, wanted) && !split_row(records[done], reading, wanted)) break;
      if (give(records[done], reading, out[2 * done], out[2 * done + 1])) break;
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
      if (Refusal refused = give_label(index, cells, *label)) return fail(std::move(*refused));
    const std::string_view cell = cells[key].text();
    value.assign(missing_(cell) ? std::string_view() : cell);
    return map_ && map_->data() == nullptr ? unchanged() : Status{};
  }

 private:
  /// The cells of the row are those of `reading` then; perhaps only the wanted ones.
  Status split_row(std::uint64_t index, CsvReading& reading, std::span<const std::size_t> wanted) const {
    if (++reading.reads % kLookForChange == 0)
      if (Status same = unchanged(); !same) return same;
    if (cut_mapped(index, reading, wanted)) return {};
    std::string_view row;
    if (Status found = find_row(index, reading, row); !found) return found;
    const std::size_t columns = head_.names.size();
    if (reading.splitter.cut(row.data(), row.data() + row.size(), head_.dialect, columns, wanted)) return {};
    const auto fault = reading.splitter.split(row, head_.dialect, columns + 1);
    const std::size_t cells = reading.splitter.cells().size();
    if (fault == RowSplitter::Fault::None && cells == columns) return {};
    return fail(bad_row(index, row_fault(fault, cells, head_.names), "Mend the row, or leave it out"));
  }

  /// Where rows of a mapped file begin: 4 bytes a row, found again without a search.
  void find_begins() {
    if (!map_ || map_->data() == nullptr) return;
    begins_.reserve(index_.rows());
    for (std::uint64_t row = 0; row < index_.rows(); ++row) {
      const RowPlace place = index_.find(row);
      begins_.push_back(place.skip == 0 ? static_cast<std::uint32_t>(place.begin) : kBehindOthers);
    }
  }

  /// Most rows of a mapped file: their place is known, and one look at their bytes is enough.
  bool cut_mapped(std::uint64_t index, CsvReading& reading, std::span<const std::size_t> wanted) const {
    const char* mapped = map_ ? map_->data() : nullptr;
    if (mapped == nullptr || begins_[index] == kBehindOthers) return false;
    return reading.splitter.cut(mapped + begins_[index], mapped + plain_.facts.size, head_.dialect, head_.names.size(),
                                wanted);
  }

  /// What is wrong with the row that was cut; nothing: both are written. A Status would be cleared for every row.
  using Refusal = std::optional<Error>;

  Refusal give(std::uint64_t index, CsvReading& reading, Datum* row, Datum* label) const {
    if (label != nullptr)
      if (Refusal refused = give_label(index, reading.splitter.cells(), *label)) return refused;
    return row != nullptr ? give_row(index, reading, *row) : std::nullopt;
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
      return fail(bad_row(index,
                          found == RowCursor::Found::Open
                              ? std::string("a quote that opens in this row is never closed")
                              : fmt::format("the row has more than {} MiB", kLongestRow >> 20),
                          "Close the quote that opens in it, double it, or set quote to none"));
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
  Error bad_row(std::uint64_t index, std::string reason, std::string remedy) const {
    if (Status same = unchanged(); !same) return std::move(same.error());
    return Error{.code = ErrorCode::BadRecord,
                 .reason = std::move(reason),
                 .remedy = std::move(remedy),
                 .file = fmt::format("{}:{}", escape_name(plain_.path), line_of(index))};
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

  Refusal give_label(std::uint64_t index, const std::vector<CsvCell>& cells, Datum& out) const {
    if (layout_.label == kNoLabel) {
      constexpr float kNone = 0;
      std::memcpy(out.allocate(DType::F32, {}), &kNone, sizeof kNone);
      return std::nullopt;
    }
    const std::string_view cell = cells[layout_.label].text();
    if (layout_.separator) {
      const auto unknown = put_labels(layout_, missing_(cell) ? std::string_view() : cell, out);
      return unknown ? Refusal(no_class(index, *unknown)) : std::nullopt;
    }
    if (missing_(cell))
      return bad_row(index, in_column(layout_.label) + "the label is missing", "Fill it in, or leave the row out");
    if (!layout_.label_number) {
      const std::uint32_t known = classes_.find(cell);
      if (known == TextLookup::kNone) return no_class(index, cell);
      out.set_label(class_numbers_[known]);
      return std::nullopt;
    }
    double value = 0;
    constexpr double kMost = std::numeric_limits<float>::max();
    if (!parse_cell(cell, head_.dialect.decimal_comma, value) || std::abs(value) > kMost)
      return no_number(index, layout_.label, cell);
    const auto number = static_cast<float>(value);
    std::memcpy(out.allocate(DType::F32, {}), &number, sizeof number);
    return std::nullopt;
  }

  Error no_class(std::uint64_t index, std::string_view label) const {
    return bad_row(index, in_column(layout_.label) + fmt::format("'{}' is no class", shown(label)),
                   "Choose another label, or set label_kind");
  }

  Error no_number(std::uint64_t index, std::size_t column, std::string_view cell) const {
    return bad_row(index, in_column(column) + fmt::format("'{}' is no number", shown(cell)),
                   "Mend it, add it to missing, or name the column in texts");
  }

  static std::string shown(std::string_view cell) { return escape_name(cell.substr(0, kShownCell)); }

  Refusal give_row(std::uint64_t index, CsvReading& reading, Datum& out) const {
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
    return std::nullopt;
  }

  PlainFile plain_;
  CsvHead head_;
  RowIndex index_;
  TableLayout layout_;
  MissingTokens missing_;
  std::uint64_t id_;  ///< and the next one, of the mapped text
  std::unique_ptr<MappedText> map_{};
  std::vector<std::uint32_t> begins_{};  ///< of the rows in the map, or kBehindOthers
  std::vector<std::size_t> text_columns_{};
  std::vector<std::size_t> label_cell_{};  ///< the label's column of the table, if there is one
  std::vector<std::size_t> wanted_{};      ///< columns of the table that are read: those of the row, and the label's
  TextLookup classes_{};
  std::vector<std::int64_t> class_numbers_{};
};

}  // namespace

std::unique_ptr<Source> make_csv_source(PlainFile plain, CsvHead head, RowIndex index, TableLayout layout,
                                        MissingTokens missing) {
  return std::make_unique<CsvSource>(std::move(plain), std::move(head), std::move(index), std::move(layout),
                                     std::move(missing));
}

std::uint64_t new_text_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(2) + 2;
}

}  // namespace feedline::inline nodes
