// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/source/file_io.h"
#include "schema/node_builder.h"
#include "schema/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kReadBlock = std::size_t{1} << 20U;
constexpr std::size_t kLongestLine = std::size_t{16} << 20U;
constexpr std::size_t kMostLineClasses = 100'000;

std::vector<TensorDesc> text_and_label(Dim classes, std::vector<std::string> names) {
  return {{.kind = Kind::Text, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}},
          {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes), .class_names = std::move(names)}};
}

/// Where a line's text lies, and its class; -1 where the line has no label.
struct TextLine {
  std::uint64_t begin = 0;
  std::uint32_t bytes = 0;
  std::int32_t label = -1;
};

/// Goes through the file once, in blocks: places and labels are kept, texts are not.
class LineIndexer {
 public:
  LineIndexer(const std::string& path, const SourceContext& context) : path_(path), context_(context) {}

  Status run(const File& file, std::uint64_t size) {
    std::vector<std::byte> block(kReadBlock);
    for (std::uint64_t at = 0; at < size;) {
      if (context_.stop.stop_requested()) return fail_cancelled();
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBlock, size - at));
      if (!read_at(file.get(), {block.data(), count}, at))
        return read_error(path_, errno, "the file became shorter while it was read");
      if (Status taken = take({reinterpret_cast<const char*>(block.data()), count}); !taken) return taken;
      at += count;
      if (context_.progress) context_.progress("Counting lines", static_cast<double>(at) / static_cast<double>(size));
    }
    if (!partial_.empty())
      if (Status taken = end_line(partial_); !taken) return taken;
    return sort_classes();
  }

  std::vector<TextLine> lines{};
  SourceReport report{};

 private:
  Status take(std::string_view block) {
    while (!block.empty()) {
      const std::size_t end = block.find('\n');
      if (partial_.size() + std::min(end, block.size()) > kLongestLine)
        return fail_file(path_, fmt::format("line {} has more than {} MiB", line_ + 1, kLongestLine >> 20U),
                         "Choose a text file with one record a line");
      if (end == std::string_view::npos) {
        partial_ += block;
        return {};
      }
      Status taken =
          partial_.empty() ? end_line(block.substr(0, end)) : end_line(partial_.append(block.substr(0, end)));
      if (!taken) return taken;
      ++next_;  // the line feed
      partial_.clear();
      block.remove_prefix(end + 1);
    }
    return {};
  }

  Status end_line(std::string_view line) {
    ++line_;
    const std::uint64_t begin = next_;
    next_ += line.size();
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    std::size_t skipped = 0;
    if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) skipped = 3;  // byte order mark
    if (line.size() == skipped) return {};
    const std::size_t tab = line.find('\t', skipped);
    if (tab == std::string_view::npos) {
      lines.push_back({begin + skipped, static_cast<std::uint32_t>(line.size() - skipped), -1});
      return {};
    }
    const auto [known, fresh] = classes_.try_emplace(escape_name(line.substr(skipped, tab - skipped)),
                                                     static_cast<std::int32_t>(classes_.size()));
    if (fresh && classes_.size() > kMostLineClasses)
      return fail_file(path_, fmt::format("it has more than {} labels", kMostLineClasses),
                       "Put the class in front of the first tab of each line");
    lines.push_back({begin + tab + 1, static_cast<std::uint32_t>(line.size() - tab - 1), known->second});
    return {};
  }

  /// Classes count in the order of their names, whatever line comes first.
  Status sort_classes() {
    if (lines.empty()) return fail_file(path_, "it has no lines", "Choose a file with one record a line");
    if (classes_.empty())
      return fail_file(path_, "no line has a tab, so no record has a label",
                       "Write each record as its class, a tab and its text");
    std::vector<std::int32_t> order(classes_.size());
    for (const auto& [name, found] : classes_) {
      order[static_cast<std::size_t>(found)] = static_cast<std::int32_t>(report.class_names.size());
      report.class_names.push_back(name);
    }
    report.class_counts.resize(report.class_names.size());
    std::int32_t last = -2;
    for (TextLine& line : lines) {
      if (line.label < 0) continue;
      line.label = order[static_cast<std::size_t>(line.label)];
      ++report.class_counts[static_cast<std::size_t>(line.label)];
      if (line.label != last) ++report.label_runs;
      last = line.label;
    }
    return {};
  }

  const std::string& path_;
  const SourceContext& context_;
  std::map<std::string, std::int32_t, std::less<>> classes_{};  ///< by the order in which they were met
  std::string partial_{};                                       ///< of a line that goes on in the next block
  std::uint64_t next_ = 0;                                      ///< where the next line begins
  std::uint64_t line_ = 0;
};

class TextLinesSource final : public Source, public Reporting {
 public:
  TextLinesSource(std::string path, File file, std::vector<TextLine> lines, SourceReport report)
      : path_(std::move(path)), file_(std::move(file)), lines_(std::move(lines)), report_(std::move(report)) {
    outputs_ = text_and_label(static_cast<std::int64_t>(report_.class_names.size()), report_.class_names);
  }

  std::uint64_t size() const override { return lines_.size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  const SourceReport& report() const override { return report_; }
  std::string locate(std::uint64_t index) const override { return fmt::format("{}#{}", escape_name(path_), index); }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    const TextLine& line = lines_[index];
    if (line.label < 0) {
      Error error{.code = ErrorCode::BadRecord,
                  .reason = "the line has no tab, so it has no label",
                  .remedy = "Write it as its class, a tab and its text"};
      return fail(std::move(error).in_file(locate(index)));
    }
    if (out[1] != nullptr) out[1]->set_label(line.label);
    if (out[0] == nullptr) return {};
    std::byte* to = out[0]->allocate(DType::U8, {static_cast<std::int64_t>(line.bytes)});
    if (read_at(file_.get(), {to, line.bytes}, line.begin)) return {};
    Error error = read_error(path_, errno, "the file became shorter since it was opened").value();
    if (error.code != ErrorCode::Failed) error.code = ErrorCode::BadRecord;
    error.file = locate(index);
    return fail(std::move(error));
  }

 private:
  std::string path_;
  File file_;
  std::vector<TextLine> lines_;
  SourceReport report_;
  std::vector<TensorDesc> outputs_{};
};

struct TextLines {
  struct Params {
    std::string file{};
  };

  static NodeSpec spec() {
    return node<TextLines>("text_lines", 1, "Text lines", "Texts and their classes, one a line of a file.")
        .help(
            "Reads a UTF-8 text file whose lines are a class, a tab and a text. Classes count in the order of their "
            "names; empty lines are passed over, and a line without a tab is a bad record. Only the places of the "
            "lines are kept in memory, 16 bytes each: a text is read when it is its turn.\n\nTexts differ in length: "
            "a byte_tokens node makes ids of them, which a batch takes.")
        .out("text", Kind::Text, "What stands behind the first tab.")
        .out("label", Kind::Label, "The class, from in front of it.")
        .file("file", &Params::file, "The text file.")
        .fixture([](const std::filesystem::path& folder) -> ParamMap {
          constexpr std::string_view kText = "good\tBright and quick.\r\nbad\tSlow\n\ngood\t\ndull\tNeither \xC3\xA9\n";
          (void)write_atomically(folder / "lines.tsv", std::as_bytes(std::span(kText)));
          return {{"file", (folder / "lines.tsv").string()}};
        });
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return text_and_label(Dim::symbol("classes"), {});
  }

  static Result<std::unique_ptr<Source>> open(const Params& params, const SourceContext& context) {
    FileFacts facts;
    auto file = open_file(params.file, &facts);
    if (!file) return fail(std::move(file.error()).at_parameter("file"));
    LineIndexer index(params.file, context);
    if (Status done = index.run(*file, facts.size); !done) return fail(std::move(done.error()).at_parameter("file"));
    return std::make_unique<TextLinesSource>(params.file, std::move(*file), std::move(index.lines),
                                             std::move(index.report));
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TextLines)
