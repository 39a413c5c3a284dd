// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_names.h"
#include "base/numbers.h"
#include "base/plain_text.h"
#include "base/user_path.h"
#include "nodes/preprocess/codec/codec.h"
#include "nodes/source/example_files.h"
#include "nodes/source/file_io.h"
#include "nodes/source/table/csv_source.h"
#include "schema/node_builder.h"
#include "schema/own_files.h"
#include "schema/record_keys.h"
#include "schema/row.h"
#include "schema/shared_files.h"
#include "schema/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace feedline::inline nodes {
namespace {

std::vector<TensorDesc> list_outputs(TensorDesc row, TensorDesc label) {
  return {
      {.kind = Kind::Encoded, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}}, std::move(row), std::move(label)};
}

/// Rows of a table, one column of which names a picture file.
class ImageListSource final : public Source, public OwnFiles, public SharedFiles, public Reporting, public RecordKeys {
 public:
  ImageListSource(std::unique_ptr<Source> table, std::string path, std::size_t column, std::filesystem::path folder,
                  std::string ending)
      : table_(std::move(table)),
        keys_(dynamic_cast<const RecordKeys*>(table_.get())),
        path_(std::move(path)),
        column_(column),
        folder_(std::move(folder)),
        ending_(std::move(ending)) {
    const std::vector<TensorDesc>& of_table = table_->outputs();
    columns_ = of_table[0].columns.size();
    outputs_ = list_outputs(of_table[0], of_table[1]);
  }

  std::uint64_t size() const override { return table_->size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  const SourceReport& report() const override { return *report_of(*table_); }
  std::string locate(std::uint64_t index) const override { return table_->locate(index); }
  std::vector<std::string> files() const override { return {path_}; }
  const std::vector<std::string>& key_names() const override { return keys_->key_names(); }
  Status read_key(std::uint64_t index, std::size_t key, std::string& value, Datum* label) const override {
    return keys_->read_key(index, key, value, label);
  }

  /// Empty where the row cannot be read: that is its own record error.
  std::string file_of(std::uint64_t index) const override {
    auto path = picture_of(index);
    return path ? std::move(*path) : std::string();
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    FileFacts facts;
    return read_with_facts(index, out, facts);
  }
  Status read_with_facts(std::uint64_t index, std::span<Datum* const> out, FileFacts& facts) const override {
    Datum* const of_table[] = {out[1], out[2]};
    if (Status done = table_->read(index, of_table); !done) return done;
    if (out[0] == nullptr) return {};
    const auto path = picture_of(index);
    if (!path) return fail(path.error());
    return read_whole(*path, *out[0], facts);
  }

 private:
  Result<std::string> picture_of(std::uint64_t index) const {
    thread_local Datum row;
    Datum* const wanted[] = {&row, nullptr};
    if (Status done = table_->read(index, wanted); !done) return fail(std::move(done.error()));
    const auto text = RowView(row, columns_).text(column_);
    if (!text || text->empty()) {
      Error error = fail_record("the row names no picture", "Fill it in, or leave the row out").value();
      return fail(std::move(error).in_file(locate(index)));
    }
    return (folder_ / (std::string(*text) + ending_)).string();
  }

  std::unique_ptr<Source> table_;
  const RecordKeys* keys_;  ///< the same: a table has columns
  std::string path_;
  std::size_t column_;
  std::size_t columns_ = 0;
  std::filesystem::path folder_;
  std::string ending_;
  std::vector<TensorDesc> outputs_{};
};

/// The columns that may name pictures: texts, by their names alone.
std::vector<std::string> text_names(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns)
    if (column.type == ColumnType::Text) names.push_back(column.name);
  return names;
}

/// Does the text of this column's first rows end like a picture?
bool names_pictures(const Source& table, std::size_t column) {
  constexpr std::uint64_t kLooked = 20;
  const std::size_t columns = table.outputs()[0].columns.size();
  for (std::uint64_t i = 0; i < std::min(kLooked, table.size()); ++i) {
    Datum row;
    Datum* const wanted[] = {&row, nullptr};
    if (!table.read(i, wanted)) continue;
    if (const auto text = RowView(row, columns).text(column)) return is_picture_name(*text);
  }
  return false;
}

struct ImageList {
  struct Params {
    std::string file{};
    std::string picture{};
    std::string label{};
    std::string label_kind = "auto";
    std::string label_separator = "|";
    std::string folder{};
    std::string ending{};
  };

  static NodeSpec spec() {
    return node<ImageList>("image_list", 1, "Image list", "Pictures that a table names, with their labels.")
        .help(
            "Reads a CSV file in which a column names picture files and another one their label, as data sets of "
            "Kaggle are shipped: train.csv beside a folder of pictures. How the file is written is found out, as the "
            "csv source does. The label is a class, a plain number, or several classes of a cell; the other columns "
            "come as a row, so that a "
            "record can have a picture, texts and numbers at once.\n\n"
            "A name is looked for in the folder, with the ending behind it; a picture that is not there is a bad "
            "record. Pictures need a decode.\n\nexample:records is a small list that Feedline makes itself: a picture, "
            "a "
            "text, a number and a category in each record.")
        .out("file", Kind::Encoded, "The bytes of one picture: connect it to decode.")
        .out("row", Kind::Row, "The columns of the table, without the label.")
        .out("label", Kind::Label, "The class, the number or the classes of the row.")
        .file("file", &Params::file, "The table: .csv or .tsv, packed with gzip or not.")
        .param("picture", &Params::picture,
               "The column that names the pictures; empty: the first whose cells end like pictures.")
        .names(columns_of_table())
        .param("label", &Params::label, "The column that is to be predicted; empty: the last one.")
        .names(columns_of_table())
        .choice("label_kind", &Params::label_kind, {"auto", "class", "number", "labels"}, kLabelKindDoc)
        .param("label_separator", &Params::label_separator, kLabelSeparatorDoc)
        .param("folder", &Params::folder, "The folder that the names are looked for in; empty: that of the table.")
        .param("ending", &Params::ending, "What has to be put behind a name, such as .jpg; empty: nothing.")
        .fixture(write_fixture);
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    std::vector<TensorDesc> of_table = unknown_table(choices_of(params));
    return list_outputs(std::move(of_table[0]), std::move(of_table[1]));
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const auto file = example_or_path(params.file, context);
    if (!file) return fail(Error(file.error()).at_parameter("file"));
    CsvRequest request;
    request.file = *file;
    request.choices = choices_of(params);
    auto table = open_csv(request, context);
    if (!table) return fail(std::move(table.error()).at_parameter("file"));
    const auto column = picture_column(**table, params);
    if (!column) return fail(column.error());
    std::filesystem::path folder = params.folder.empty() ? std::filesystem::path(*file).parent_path()
                                                         : std::filesystem::path(user_path(params.folder));
    std::error_code ignored;
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
      Error error = fail_file(folder.string(), "there is no such folder", "Choose the folder of the pictures").value();
      return fail(std::move(error).at_parameter("folder"));
    }
    return std::make_unique<ImageListSource>(std::move(*table), *file, *column, std::move(folder), params.ending);
  }

 private:
  static TableChoices choices_of(const Params& params) {
    TableChoices choices{
        .label = params.label, .label_kind = params.label_kind, .label_separator = params.label_separator};
    if (!params.picture.empty()) choices.texts.push_back(params.picture);  // 1.jpg is no number, but 1 is
    return choices;
  }

  static Result<std::size_t> picture_column(const Source& table, const Params& params) {
    const std::vector<Column>& columns = table.outputs()[0].columns;
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].type == ColumnType::Text &&
          (params.picture.empty() ? names_pictures(table, i) : columns[i].name == params.picture))
        return i;
    const std::vector<std::string> names = text_names(columns);
    return fail(Error{
        .reason = params.picture.empty() ? "which of its columns names the pictures is not clear"
                                         : "it has no column '" + escape_name(params.picture) + "' besides the label",
        .remedy = names.empty() ? "Choose a table that names pictures" : "Name one of " + numbers::listed(names, 8),
        .parameter = "picture",
        .file = escape_name(params.file)});
  }

  static ParamMap write_fixture(const std::filesystem::path& folder) {
    std::vector<std::uint8_t> pixels(std::size_t{20} * 16 * 3, 90);
    std::string table = "name,price,kind\n";
    for (int i = 0; i < 6; ++i) {
      pixels[0] = static_cast<std::uint8_t>(40 * i);
      const std::string name = fmt::format("{}.jpg", i);
      if (const auto bytes = codec::encode_jpeg(pixels.data(), 20, 16, 3, 90))
        (void)write_atomically(folder / name, *bytes);
      table += fmt::format("{},{}.5,{}\n", name, i, i % 2 == 0 ? "cup" : "pot");
    }
    (void)write_atomically(folder / "list.csv", std::as_bytes(std::span(table)));
    return {{"file", (folder / "list.csv").string()}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ImageList)
