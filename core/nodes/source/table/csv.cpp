// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/example_files.h"
#include "nodes/source/table/csv_source.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct CsvTable {
  struct Params : TableChoices, CsvSettings {
    std::string file{};
    std::string encoding = "auto";
  };

  static NodeSpec spec() {
    return node<CsvTable>("csv", 1, "CSV file", "Rows of a table in a text file, and the label of each.")
        .help(
            "Reads tables of any size: CSV, TSV and the like, also packed with gzip. How the file is written "
            "(separator, quotes, header, encoding) and what its columns hold (numbers or texts) is found out when it "
            "is "
            "opened; every parameter can say otherwise.\n\n"
            "One pass by all cores finds the rows and keeps the place of every few of them in the cache folder, so "
            "that "
            "the file opens at once the next time. Rows are then read when it is their turn, in any order, and memory "
            "stays the same whatever the file's size. Packed files, and those that are not UTF-8, are written to the "
            "cache folder as UTF-8 first.\n\n"
            "A column is of numbers if nearly all of its cells are; where one in a hundred or fewer is not, its row is "
            "a bad record, named with its line. Classes count in the order of their names. Where a record can be "
            "several things at once, set label_kind to labels: the label is then a number a class, 1 where the cell "
            "names it, for multi_label_cross_entropy; an empty cell is a record with none.\n\nexample:news and "
            "example:blobs are small tables that Feedline writes itself.")
        .out("row", Kind::Row, "All columns but the label and the ignored ones.")
        .out("label", Kind::Label, "The column that is to be predicted: a class, a number, or several classes.")
        .file("file", &Params::file, "The table: .csv, .tsv, .txt, .data, packed with gzip or not.")
        .with([](auto& builder) { table_choices(builder); })
        .param("separator", &Params::separator, "What stands between cells: auto, tab, space, or one character.")
        .choice("quote", &Params::quote, {"auto", "double", "single", "none"},
                "The sign around cells that hold separators or line breaks.")
        .choice("decimal", &Params::decimal, {"auto", "point", "comma"}, "The decimal sign of numbers.")
        .choice("header", &Params::header, {"auto", "yes", "no"}, "Whether the first row holds the columns' names.")
        .param("skip_lines", &Params::skip_lines, range(0, 1'000'000).ui(0, 20).unit("lines"),
               "Lines in front of the table, to be passed over.")
        .param("comment", &Params::comment, "The character that lines without data begin with; empty: there are none.")
        .param("encoding", &Params::encoding,
               "auto, or a name such as UTF-8, windows-1252, ISO-8859-15, UTF-16 or Shift_JIS.")
        .fixture([](const std::filesystem::path& folder) -> ParamMap {
          constexpr std::string_view kTable =
              "age, job ,\"hours\",income\r\n39, clerk,40.5,low\r\n\r\n50,?,13,high\r\n"
              "28,\"sales, \"\"east\"\"\",,low\r\n,\"two\r\nlines \xC3\xA9\",-1e3,low\r\n";
          (void)write_atomically(folder / "people.csv", std::as_bytes(std::span(kTable)));
          return {{"file", (folder / "people.csv").string()}};
        });
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return unknown_table(params); }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const auto file = example_or_path(params.file, context);
    if (!file) return fail(Error(file.error()).at_parameter("file"));
    return open_csv({.file = *file, .encoding = params.encoding, .settings = params, .choices = params}, context);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(CsvTable)
