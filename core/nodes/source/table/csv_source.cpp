// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/csv_source.h"

#include "base/plain_text.h"
#include "base/text_lookup.h"
#include "nodes/source/table/csv_file.h"
#include "nodes/source/table/text_encoding.h"
#include "schema/in_blocks.h"
#include "schema/in_memory.h"
#include "schema/read_columns.h"
#include "schema/record_keys.h"
#include "schema/row.h"
#include "schema/shared_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kShownCell = 40;    // bytes
constexpr std::size_t kFetchedAhead = 8;  // rows

/// Of read() and read_block(). Not inline: where the address of what belongs to a thread is known, it is asked for anew
/// at each use, and that is a call.
[[gnu::noinline]] CsvReading& csv_reading() {
  thread_local CsvReading reading;
  return reading;
}

/// A file with what its columns are: all that its sources share.
struct CsvTableFile {
  CsvTableFile(PlainFile plain, CsvHead head, RowIndex index, TableLayout table, MissingTokens tokens)
      : file(std::move(plain), std::move(head), std::move(index)),
        layout(std::move(table)),
        missing(std::move(tokens)) {
    std::vector<std::string> texts;
    for (const auto& [text, number] : layout.classes) {
      texts.push_back(text);
      class_numbers.push_back(number);
    }
    classes = TextLookup(texts);
  }

  CsvFile file;
  TableLayout layout;
  MissingTokens missing;
  TextLookup classes{};
  std::vector<std::int64_t> class_numbers{};
};

class CsvSource final : public Source,
                        public InMemory,
                        public ReadsBlocks,
                        public ReadsColumns,
                        public Reporting,
                        public SharedFiles,
                        public RecordKeys {
 public:
  /// `read`: one a column of the rows; the others stay without a value.
  CsvSource(std::shared_ptr<const CsvTableFile> table, const std::vector<bool>& read)
      : table_(std::move(table)), file_(table_->file), layout_(table_->layout), missing_(table_->missing) {
    for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
      const bool text = layout_.columns[i].type == ColumnType::Text;
      if (!read[i]) {
        (text ? unread_texts_ : unread_numbers_).push_back(i);
        continue;
      }
      (text ? texts_ : numbers_).push_back({.column = i, .from = layout_.from[i]});
      wanted_.push_back(layout_.from[i]);
    }
    if (layout_.label != kNoLabel) label_cell_.push_back(layout_.label);
    wanted_.insert(wanted_.end(), label_cell_.begin(), label_cell_.end());
  }

  std::uint64_t size() const override { return file_.rows(); }
  const std::vector<TensorDesc>& outputs() const override { return layout_.outputs; }
  const SourceReport& report() const override { return layout_.report; }
  std::vector<std::string> files() const override { return {file_.path()}; }
  bool in_memory() const override { return file_.in_memory(); }
  std::string locate(std::uint64_t index) const override {
    if (layout_.label == kNoLabel) return fmt::format("{}:{}", escape_name(file_.path()), file_.line_of(index));
    return fmt::format("{}#{}", escape_name(file_.path()), index);
  }
  std::shared_ptr<const Source> with_columns(const std::vector<bool>& read) const override {
    return std::make_shared<CsvSource>(table_, read);
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    if (out[0] == nullptr && out[1] == nullptr) return {};
    CsvReading& reading = csv_reading();
    if (Status split = file_.split(index, reading, out[0] != nullptr ? wanted_ : label_cell_); !split) return split;
    if (Refusal refused = give(index, reading, out[0], out[1])) return fail(std::move(*refused));
    return file_.lost() ? file_.unchanged() : Status{};
  }

  /// Rows that are drawn lie all over the file, so each is fetched while those in front of it are read.
  std::size_t read_block(std::span<const std::uint64_t> records, std::span<Datum* const> out) const override {
    const char* const mapped = file_.mapped();
    if (mapped == nullptr || (out[0] == nullptr && out[1] == nullptr)) return 0;
    CsvReading& reading = csv_reading();
    if (CsvFile::look_again(reading, records.size()) && !file_.unchanged()) {
      reading.reads = ~0U;  // read() of the first record looks again, and tells
      return 0;
    }
    const std::span<const std::size_t> wanted = out[0] != nullptr ? wanted_ : label_cell_;
    for (std::size_t i = 0; i < std::min(records.size(), kFetchedAhead); ++i) file_.fetch(mapped, records[i]);
    std::size_t done = 0;
    for (; done < records.size(); ++done) {
      if (done + kFetchedAhead < records.size()) file_.fetch(mapped, records[done + kFetchedAhead]);
      if (!file_.cut(mapped, records[done], reading, wanted) && !file_.split(records[done], reading, wanted)) break;
      if (give(records[done], reading, out[2 * done], out[2 * done + 1])) break;
    }
    return file_.lost() ? 0 : done;
  }

  const std::vector<std::string>& key_names() const override { return file_.names(); }
  Status read_key(std::uint64_t index, std::size_t key, std::string& value, Datum* label) const override {
    thread_local CsvReading reading;
    const std::array<std::size_t, 2> wanted{key, layout_.label};
    const std::size_t count = label != nullptr && layout_.label != kNoLabel ? 2 : 1;
    if (Status split = file_.split(index, reading, std::span(wanted).first(count)); !split) return split;
    const std::vector<CsvCell>& cells = reading.splitter.cells();
    if (label != nullptr)
      if (Refusal refused = give_label(index, reading.splitter, *label)) return fail(std::move(*refused));
    const std::string_view cell = cells[key].text();
    value.assign(missing_(cell) ? std::string_view() : cell);
    return file_.lost() ? file_.unchanged() : Status{};
  }

 private:
  /// What is wrong with the row that was cut; nothing: both are written. A Status would be cleared for every row.
  using Refusal = std::optional<Error>;

  Refusal give(std::uint64_t index, CsvReading& reading, Datum* row, Datum* label) const {
    if (label != nullptr)
      if (Refusal refused = give_label(index, reading.splitter, *label)) return refused;
    return row != nullptr ? give_row(index, reading, *row) : std::nullopt;
  }

  [[nodiscard]] std::string in_column(std::size_t column) const {
    return fmt::format("column {} '{}': ", column + 1, file_.names()[column]);
  }

  /// How many bytes may be read from the cell's beginning on.
  static std::size_t readable(std::string_view cell, const char* end) {
    return end == nullptr ? cell.size() : static_cast<std::size_t>(end - cell.data());
  }
  bool parse(std::string_view cell, const char* end, double& value) const {
    return readable(cell, end) >= kReadableCell ? parse_readable_cell(cell, file_.decimal_comma(), value)
                                                : parse_cell(cell, file_.decimal_comma(), value);
  }

  Refusal give_label(std::uint64_t index, const RowSplitter& row, Datum& out) const {
    if (layout_.label == kNoLabel) {
      constexpr float kNone = 0;
      std::memcpy(out.allocate(DType::F32, {}), &kNone, sizeof kNone);
      return std::nullopt;
    }
    const std::string_view cell = row.cells()[layout_.label].text();
    if (layout_.separator) {
      const auto unknown = put_labels(layout_, missing_(cell) ? std::string_view() : cell, out);
      return unknown ? Refusal(no_class(index, *unknown)) : std::nullopt;
    }
    if (missing_(cell))
      return file_.bad_row(index, in_column(layout_.label) + "the label is missing",
                           "Fill it in, or leave the row out");
    if (!layout_.label_number) {
      const std::uint32_t known = table_->classes.find(cell);
      if (known == TextLookup::kNone) return no_class(index, cell);
      out.set_label(table_->class_numbers[known]);
      return std::nullopt;
    }
    double value = 0;
    constexpr double kMost = std::numeric_limits<float>::max();
    if (!parse(cell, row.readable_end(), value) || std::abs(value) > kMost)
      return no_number(index, layout_.label, cell);
    const auto number = static_cast<float>(value);
    std::memcpy(out.allocate(DType::F32, {}), &number, sizeof number);
    return std::nullopt;
  }

  Error no_class(std::uint64_t index, std::string_view label) const {
    return file_.bad_row(index, in_column(layout_.label) + fmt::format("'{}' is no class", shown(label)),
                         "Choose another label, or set label_kind");
  }

  Error no_number(std::uint64_t index, std::size_t column, std::string_view cell) const {
    return file_.bad_row(index, in_column(column) + fmt::format("'{}' is no number", shown(cell)),
                         "Mend it, add it to missing, or name the column in texts");
  }

  static std::string shown(std::string_view cell) { return escape_name(cell.substr(0, kShownCell)); }

  Refusal give_row(std::uint64_t index, CsvReading& reading, Datum& out) const {
    const CsvCell* cells = reading.splitter.cells().data();
    const char* end = reading.splitter.readable_end();
    const bool ascii = reading.splitter.ascii();
    reading.texts.resize(texts_.size());
    std::size_t text_bytes = 0;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      std::string_view cell = cells[texts_[i].from].text();
      if (missing_(cell)) {
        cell = {};
      } else if (!ascii && !is_utf8(cell)) {
        return file_.bad_row(index, in_column(texts_[i].from) + "its text is no UTF-8",
                             "Set encoding to what the file is written in");
      }
      text_bytes += cell.size();
      reading.texts[i] = cell;
    }
    RowWriter writer(out, layout_.columns.size(), text_bytes);
    for (const ReadColumn& number : numbers_) {
      const std::string_view cell = cells[number.from].text();
      double value = 0;
      if (!cell.empty() && parse(cell, end, value) && !missing_(cell)) {
        writer.number(number.column, value);
      } else if (missing_(cell)) {
        writer.missing_number(number.column);
      } else {
        return no_number(index, number.from, cell);
      }
    }
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const std::string_view text = reading.texts[i];
      if (text.empty()) {
        writer.missing_text(texts_[i].column);
      } else {
        writer.text(texts_[i].column, text, readable(text, end));
      }
    }
    for (const std::size_t column : unread_numbers_) writer.missing_number(column);
    for (const std::size_t column : unread_texts_) writer.missing_text(column);
    return std::nullopt;
  }

  struct ReadColumn {
    std::size_t column = 0;  ///< of the rows
    std::size_t from = 0;    ///< of the file
  };

  std::shared_ptr<const CsvTableFile> table_;
  const CsvFile& file_;
  const TableLayout& layout_;
  const MissingTokens& missing_;
  std::vector<ReadColumn> texts_{};
  std::vector<ReadColumn> numbers_{};
  std::vector<std::size_t> unread_texts_{};  ///< columns of the rows
  std::vector<std::size_t> unread_numbers_{};
  std::vector<std::size_t> label_cell_{};  ///< the label's column of the file, if there is one
  std::vector<std::size_t> wanted_{};      ///< columns of the file that are read: those of the row, and the label's
};

}  // namespace

std::unique_ptr<Source> make_csv_source(PlainFile plain, CsvHead head, RowIndex index, TableLayout layout,
                                        MissingTokens missing) {
  auto table = std::make_shared<const CsvTableFile>(std::move(plain), std::move(head), std::move(index),
                                                    std::move(layout), std::move(missing));
  const std::vector<bool> all(table->layout.columns.size(), true);
  return std::make_unique<CsvSource>(std::move(table), all);
}

std::uint64_t new_text_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(2) + 2;
}

}  // namespace feedline::inline nodes
