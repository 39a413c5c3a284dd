// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/given_tables.h"

#include "base/plain_text.h"
#include "base/temporary_folder.h"
#include "base/user_path.h"
#include "plan/open_source.h"
#include "schema/registry.h"
#include "schema/several_labels.h"
#include "training/inference/standard_input.h"
#include "training/resume.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string_view>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::string_view kGivenType = "csv";  // the node that reads what is given
constexpr std::string_view kInputSign = "-";    // of standard input

constexpr const char* kMakeRoom = "Make room in the folder for temporary files, or set TMPDIR";

/// Standard input in a file, which goes with it.
class SpooledInput {
 public:
  static Result<std::shared_ptr<const SpooledInput>> make(const std::stop_token& stop) {
    auto folder = TemporaryFolder::make("input");
    if (!folder) return fail(std::move(folder.error()));
    auto spooled = std::make_shared<SpooledInput>(std::move(*folder));
    std::ofstream file(spooled->path(), std::ios::binary | std::ios::trunc);
    const auto no_room = [] { return fail("standard input cannot be kept", kMakeRoom); };
    const auto put = [&](std::string_view piece) -> Status {
      if (!file.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return no_room();
      return {};
    };
    if (Status read = StandardInput(stop).each_piece(put); !read) return fail(std::move(read.error()));
    file.close();
    if (!file) return no_room();
    return spooled;
  }
  explicit SpooledInput(TemporaryFolder folder)
      : folder_(std::move(folder)), path_((folder_.path() / "input").string()) {}
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

struct GivenTable {
  std::string shown{};                          ///< as it was given
  std::string path{};                           ///< as errors name it
  std::shared_ptr<const SpooledInput> spool{};  ///< null: a file of the user's
  std::shared_ptr<const Source> rows{};
  std::uint64_t first = 0;  ///< of its records, among all
};

class GivenTables final : public Source {
 public:
  GivenTables(std::vector<TensorDesc> outputs, std::size_t row, std::vector<GivenTable> tables)
      : outputs_(std::move(outputs)), row_(row), tables_(std::move(tables)) {
    for (GivenTable& table : tables_) {
      table.first = size_;
      size_ += table.rows->size();
    }
  }

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  [[nodiscard]] std::string locate(std::uint64_t index) const override {
    const GivenTable& table = table_of(index);
    return as_given(table, table.rows->locate(index - table.first));
  }
  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i] == nullptr || i == row_) continue;
      if (has_several_labels(outputs_[i])) {
        (void)put_no_labels(outputs_[i], *out[i]);
      } else if (outputs_[i].dtype == DType::F32) {
        constexpr float kNone = 0;
        std::memcpy(out[i]->allocate(DType::F32, {}), &kNone, sizeof kNone);
      } else {
        out[i]->set_label(0);
      }
    }
    if (out[row_] == nullptr) return {};
    const GivenTable& table = table_of(index);
    const std::array<Datum*, 2> wanted = {out[row_], nullptr};
    Status read = table.rows->read(index - table.first, wanted);
    if (!read) read.error().file = as_given(table, std::move(read.error().file));
    return read;
  }

 private:
  [[nodiscard]] const GivenTable& table_of(std::uint64_t index) const {
    const auto behind = std::upper_bound(tables_.begin(), tables_.end(), index,
                                         [](std::uint64_t at, const GivenTable& table) { return at < table.first; });
    return *std::prev(behind);
  }
  static std::string as_given(const GivenTable& table, std::string place) {
    if (table.spool != nullptr && place.starts_with(table.path)) place.replace(0, table.path.size(), table.shown);
    return place;
  }

  std::vector<TensorDesc> outputs_;
  std::size_t row_;  ///< which output
  std::vector<GivenTable> tables_;
  std::uint64_t size_ = 0;
};

/// Every cell in quotes: a row of empty ones is still a row.
void add_typed_cell(std::string& line, std::string_view cell, bool first) {
  if (!first) line += ',';
  line += '"';
  for (const char letter : cell) line.append(letter == '"' ? 2 : 1, letter);
  line += '"';
}

}  // namespace

Result<std::shared_ptr<const Source>> given_row(const NodeSpec& source, const ParamMap& params,
                                                const TrainingState& state, const std::vector<Column>& columns,
                                                const std::vector<std::string>& cells, const SourceContext& context) {
  auto made = TemporaryFolder::make("row");
  if (!made) return fail(std::move(made.error()));
  const auto folder = std::make_shared<const TemporaryFolder>(std::move(*made));
  std::string head;
  std::string row;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    add_typed_cell(head, columns[i].name, i == 0);
    add_typed_cell(row, cells[i], i == 0);
  }
  const std::string path = (folder->path() / "row.csv").string();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << head << '\n' << row << '\n';
  file.close();
  if (!file) return fail("the row cannot be kept", kMakeRoom);
  ParamMap plain = params;
  if (source.type == kGivenType) {  // however the training file was written
    const ParamMap own{{"separator", std::string(",")},   {"quote", std::string("double")},
                       {"decimal", std::string("point")}, {"header", std::string("yes")},
                       {"comment", std::string()},        {"skip_lines", std::int64_t{0}},
                       {"encoding", std::string("UTF-8")}};
    for (const auto& [name, value] : own) plain[name] = value;
  }
  SourceContext beside = context;
  beside.cache_folder = folder->path() / "cache";  // the places of one row are worth no file that stays
  auto opened = given_tables(source, plain, state, {path}, beside);
  if (!opened) return fail(std::move(opened.error()));
  return std::shared_ptr<const Source>(opened->get(),
                                       [kept = *opened, folder](const Source*) mutable { kept.reset(); });
}

Result<std::shared_ptr<const Source>> given_tables(const NodeSpec& source, const ParamMap& params,
                                                   const TrainingState& state, const std::vector<std::string>& inputs,
                                                   const SourceContext& context) {
  auto outputs = source.infer(params, {});
  if (!outputs) return fail(std::move(outputs.error()));
  const std::vector<TensorDesc> known = source_outputs_of(state);
  const NodeSpec* reader = Registry::instance().find(kGivenType);
  std::size_t row = outputs->size();
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    TensorDesc& output = (*outputs)[i];
    if (i < known.size()) output.dtype = known[i].dtype;
    if (output.kind == Kind::Row) {
      row = i;
      if (i < known.size()) output.columns = known[i].columns;
    } else if (has_several_labels(output)) {
      output.class_names = class_names_of(state);
      output.shape = {Dim(static_cast<std::int64_t>(output.class_names.size()))};
    } else if (output.kind == Kind::Label) {
      output.class_names = class_names_of(state);
      output.classes = output.class_names.empty() ? Dim(0) : Dim(static_cast<std::int64_t>(output.class_names.size()));
    }
  }
  if (row == outputs->size() || (*outputs)[row].columns.empty() || reader == nullptr)
    return fail("the checkpoint does not say which columns its model reads",
                "Train it anew with this version, or use evaluate with --set");
  ParamMap reading = source.type == kGivenType ? params : reader->complete({});
  SourceContext like = context;
  like.like = (*outputs)[row].columns;
  std::vector<GivenTable> tables;
  for (const std::string& input : inputs) {
    GivenTable& table = tables.emplace_back(GivenTable{.shown = escape_name(input)});
    if (input == kInputSign) {
      auto spooled = SpooledInput::make(context.stop);
      if (!spooled) return fail(std::move(spooled.error()));
      table.spool = std::move(*spooled);
    }
    const std::string path = table.spool != nullptr ? table.spool->path() : user_path(input);
    table.path = escape_name(path);
    reading["file"] = path;
    auto opened = open_source(*reader, reading, like);
    if (!opened) {
      Error error = opened.error();
      if (table.spool != nullptr) error.file = table.shown;
      error.parameter.clear();  // of a node that nobody has drawn
      return fail(std::move(error));
    }
    table.rows = std::move(*opened);
  }
  return std::make_shared<GivenTables>(std::move(*outputs), row, std::move(tables));
}

}  // namespace feedline::inline training
