// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/example_files.h"
#include "nodes/source/file_io.h"
#include "nodes/source/text_line_file.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct TextLines {
  struct Params {
    std::string file{};
    std::string encoding = "auto";
    std::string label = "first";
    std::string header = "auto";
    std::string groups = "none";
  };

  static NodeSpec spec() {
    return node<TextLines>("text_lines", 1, "Text lines", "Texts and their classes, one a line of a file.")
        .help(
            "Reads a text file whose lines are a class, a tab and a text, or the other way round. Classes count in the "
            "order of their names; empty lines are passed over, and a line without a tab is a bad record. Only the "
            "places of the lines are kept in memory, 16 bytes each: a text is read when it is its turn. A file that is "
            "packed with gzip or not UTF-8 is written to the cache folder as plain UTF-8 first, once.\n\nWhere groups "
            "says "
            "which lines belong together (of an author, a conversation), set split_by of the trainer to group and "
            "split_column to group.\n\nTexts differ "
            "in length: a vocabulary or another node that makes ids of them stands in front of the "
            "batch.\n\nexample:texts "
            "is a small set that Feedline writes itself.")
        .out("text", Kind::Text, "The text of a line, UTF-8.")
        .out("label", Kind::Label, "The class of the line.")
        .file("file", &Params::file, "The text file; may be packed with gzip.")
        .param("encoding", &Params::encoding,
               "Name of the file's encoding, such as windows-1252 or UTF-16LE; auto finds it out.")
        .choice("label", &Params::label, {"first", "last"},
                "Where the class stands: in front of the first tab, or behind the last one.")
        .choice("header", &Params::header, {"auto", "yes", "no"},
                "Whether the first line names the columns and is no record. auto: where its class is met nowhere else, "
                "and all others are met again.")
        .choice("groups", &Params::groups, {"none", "column", "blank_lines"}, kLineGroupDoc)
        .fixture([](const std::filesystem::path& folder) -> ParamMap {
          constexpr std::string_view kText = "good\tBright and quick.\r\nbad\tSlow\n\ngood\t\ndull\tNeither \xC3\xA9\n";
          (void)write_atomically(folder / "lines.tsv", std::as_bytes(std::span(kText)));
          return {{"file", (folder / "lines.tsv").string()}, {"groups", std::string("blank_lines")}};
        });
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return text_and_label(Dim::symbol("classes"), {});
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    const TextLineRules rules{.encoding = params.encoding,
                              .label_last = params.label == "last",
                              .header = params.header,
                              .groups = line_groups(params.groups)};
    const auto file = example_or_path(params.file, context);
    if (!file) return fail(Error(file.error()).at_parameter("file"));
    auto source = open_text_lines(*file, rules, context);
    if (source) return source;
    if (!source.error().parameter.empty()) return source;  // encoding, groups
    return fail(std::move(source.error()).at_parameter("file"));
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TextLines)
