// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/text_line_file.h"

#include "base/plain_text.h"
#include "nodes/source/file_io.h"
#include "nodes/source/table/plain_file.h"
#include "schema/record_keys.h"
#include "schema/shared_files.h"
#include "schema/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kReadBlock = std::size_t{1} << 20U;
constexpr std::size_t kLongestLine = std::size_t{16} << 20U;
constexpr std::size_t kMostLineClasses = 100'000;
constexpr std::size_t kLongestLineClass = 1024;  // a longer one is a text, and texts are not kept
constexpr std::int32_t kNoLineLabel = -1;
constexpr std::int32_t kNoLineGroup = -2;

/// Where a line's text lies, and its class, or why it is a bad record.
struct TextLine {
  std::uint64_t begin = 0;
  std::uint32_t bytes = 0;
  std::int32_t label = kNoLineLabel;
};

/// Goes through the file once, in blocks: places and labels are kept, texts are not.
class LineIndexer {
 public:
  LineIndexer(const PlainFile& plain, const TextLineRules& rules, const SourceContext& context)
      : plain_(plain), path_(plain.path), rules_(rules), context_(context), next_(plain.begin) {}

  Status run() {
    std::vector<std::byte> block(kReadBlock);
    const std::uint64_t size = plain_.facts.size;
    for (std::uint64_t at = plain_.begin; at < size;) {
      if (context_.stop.stop_requested()) return fail_cancelled();
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBlock, size - at));
      if (!read_at(plain_.file.get(), {block.data(), count}, at))
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
  /// With groups, of each line: of a column how many bytes of its name stand in front of the text and a tab; else the
  /// number of its block, from 1 on.
  std::vector<std::uint32_t> groups{};
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
    if (line.empty()) {
      block_ended_ = true;
      return {};
    }
    if (block_ == 0 || block_ended_) ++block_;
    block_ended_ = false;
    if (line_ == 1 && rules_.header == "yes") return {};
    const std::size_t tab = rules_.label_last ? line.rfind('\t') : line.find('\t');
    const std::size_t label_bytes = rules_.label_last ? line.size() - std::min(tab + 1, line.size()) : tab;
    if (tab == std::string_view::npos || label_bytes > kLongestLineClass) {
      keep({begin, static_cast<std::uint32_t>(line.size()), kNoLineLabel});
      return {};
    }
    const std::string_view name = rules_.label_last ? line.substr(tab + 1) : line.substr(0, tab);
    const auto [known, fresh] = classes_.try_emplace(escape_name(name), static_cast<std::int32_t>(classes_.size()));
    if (fresh && classes_.size() > kMostLineClasses)
      return fail_file(path_, fmt::format("it has more than {} labels", kMostLineClasses),
                       rules_.label_last ? "Put the class behind the last tab of each line, or set label to first"
                                         : "Put the class in front of the first tab of each line");
    const std::string_view rest = rules_.label_last ? line.substr(0, tab) : line.substr(tab + 1);
    const std::uint64_t at = rules_.label_last ? begin : begin + tab + 1;
    const std::size_t group = rules_.groups == LineGroups::Column ? rest.find('\t') : 0;
    if (rules_.groups != LineGroups::Column) {
      keep({at, static_cast<std::uint32_t>(rest.size()), known->second});
    } else if (group == std::string_view::npos || group > kLongestLineClass) {
      keep({at, static_cast<std::uint32_t>(rest.size()), kNoLineGroup});
    } else {
      grouped_ = true;
      keep({at + group + 1, static_cast<std::uint32_t>(rest.size() - group - 1), known->second}, group);
    }
    return {};
  }

  void keep(TextLine line, std::size_t group_bytes = 0) {
    lines.push_back(line);
    if (rules_.groups == LineGroups::Column) groups.push_back(static_cast<std::uint32_t>(group_bytes));
    if (rules_.groups == LineGroups::BlankLines) groups.push_back(block_);
  }

  /// Does the first line name what follows? Its class is then that of no other line, while those of all others are
  /// met again.
  [[nodiscard]] bool has_header() const {
    constexpr std::size_t kFewestLines = 10;
    if (rules_.header != "auto" || lines.size() < kFewestLines || lines.front().label < 0) return false;
    std::vector<std::uint64_t> met(classes_.size());
    for (const TextLine& line : lines)
      if (line.label >= 0) ++met[static_cast<std::size_t>(line.label)];
    const auto own = static_cast<std::size_t>(lines.front().label);
    for (std::size_t i = 0; i < met.size(); ++i)
      if ((i == own) != (met[i] == 1)) return false;
    return met.size() > 1;
  }

  void drop_header() {
    const std::int32_t label = lines.front().label;  // the first that was met: 0
    lines.erase(lines.begin());
    if (!groups.empty()) groups.erase(groups.begin());
    std::erase_if(classes_, [&](const auto& item) { return item.second == label; });
    for (auto& [name, number] : classes_) number -= number > label ? 1 : 0;
    for (TextLine& line : lines) line.label -= line.label > label ? 1 : 0;
  }

  /// Classes count in the order of their names, whatever line comes first.
  Status sort_classes() {
    if (has_header()) drop_header();
    if (lines.empty()) return fail_file(path_, "it has no lines", "Choose a file with one record a line");
    if (classes_.empty())
      return fail_file(path_, "no line has a tab, so no record has a label",
                       "Write each record as its class, a tab and its text");
    if (rules_.groups == LineGroups::Column && !grouped_)
      return fail(Error(fail_file(path_, "no line has a second tab, so no record has a group",
                                  "Write each record as its class, a tab, its group, a tab and its text")
                            .value())
                      .at_parameter("groups"));
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

  const PlainFile& plain_;
  const std::string& path_;
  const TextLineRules& rules_;
  const SourceContext& context_;
  std::map<std::string, std::int32_t, std::less<>> classes_{};  ///< by the order in which they were met
  std::string partial_{};                                       ///< of a line that goes on in the next block
  std::uint64_t next_;                                          ///< where the next line begins
  std::uint64_t line_ = 0;
  std::uint32_t block_ = 0;  ///< lines without an empty one between them, from 1 on
  bool block_ended_ = false;
  bool grouped_ = false;  ///< some line has a group
};

Error bad_line(std::int32_t why) {
  if (why == kNoLineGroup)
    return {.code = ErrorCode::BadRecord,
            .reason = fmt::format("the line has no second tab behind a group of at most {} bytes", kLongestLineClass),
            .remedy = "Write it as its class, a tab, its group, a tab and its text"};
  return {.code = ErrorCode::BadRecord,
          .reason = fmt::format("the line has no tab with a class of at most {} bytes, so it has no label",
                                kLongestLineClass),
          .remedy = "Write it as its class, a tab and its text"};
}

class TextLinesSource final : public Source, public Reporting, public SharedFiles, public RecordKeys {
 public:
  TextLinesSource(PlainFile plain, LineIndexer& index, const TextLineRules& rules)
      : plain_(std::move(plain)),
        lines_(std::move(index.lines)),
        groups_(std::move(index.groups)),
        how_(rules.groups),
        report_(std::move(index.report)) {
    if (how_ != LineGroups::None) keys_ = {rules.group_name};
    outputs_ = text_and_label(static_cast<std::int64_t>(report_.class_names.size()), report_.class_names);
  }

  std::uint64_t size() const override { return lines_.size(); }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  const SourceReport& report() const override { return report_; }
  std::vector<std::string> files() const override { return {plain_.path}; }
  std::string locate(std::uint64_t index) const override {
    return fmt::format("{}#{}", escape_name(plain_.path), index);
  }

  Status read(std::uint64_t index, std::span<Datum* const> out) const override {
    const TextLine& line = lines_[index];
    if (line.label < 0) return fail(bad_line(line.label).in_file(locate(index)));
    if (out[1] != nullptr) out[1]->set_label(line.label);
    if (out[0] == nullptr) return {};
    if (Status same = plain_.unchanged_at_times(); !same) return same;
    return fetch(index, {out[0]->allocate(DType::U8, {static_cast<std::int64_t>(line.bytes)}), line.bytes}, line.begin);
  }

  const std::vector<std::string>& key_names() const override { return keys_; }
  Status read_key(std::uint64_t index, std::size_t, std::string& value, Datum* label) const override {
    const TextLine& line = lines_[index];
    if (line.label < 0) return fail(bad_line(line.label).in_file(locate(index)));
    if (label != nullptr) label->set_label(line.label);
    if (how_ == LineGroups::BlankLines) {
      value = std::to_string(groups_[index]);
      return {};
    }
    value.resize(groups_[index]);
    return fetch(index, std::as_writable_bytes(std::span(value)), line.begin - 1 - value.size());
  }

 private:
  Status fetch(std::uint64_t index, std::span<std::byte> to, std::uint64_t from) const {
    if (read_at(plain_.file.get(), to, from)) return {};
    Error error = read_error(plain_.path, errno, "the file became shorter since it was opened").value();
    if (error.code != ErrorCode::Failed) error.code = ErrorCode::BadRecord;
    error.file = locate(index);
    return fail(std::move(error));
  }

  PlainFile plain_;
  std::vector<TextLine> lines_;
  std::vector<std::uint32_t> groups_;  ///< see LineIndexer
  LineGroups how_;
  std::vector<std::string> keys_{};
  SourceReport report_;
  std::vector<TensorDesc> outputs_{};
};

}  // namespace

LineGroups line_groups(std::string_view name) {
  return name == "column" ? LineGroups::Column : name == "blank_lines" ? LineGroups::BlankLines : LineGroups::None;
}

std::vector<TensorDesc> text_and_label(Dim classes, std::vector<std::string> names) {
  return {{.kind = Kind::Text, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}},
          {.kind = Kind::Label, .dtype = DType::I64, .classes = std::move(classes), .class_names = std::move(names)}};
}

Result<std::unique_ptr<Source>> open_text_lines(const std::string& path, const TextLineRules& rules,
                                                const SourceContext& context) {
  auto plain = open_plain(path, rules.encoding, context);
  if (!plain) return fail(std::move(plain.error()));
  LineIndexer index(*plain, rules, context);
  if (Status done = index.run(); !done) return fail(std::move(done.error()));
  return std::make_unique<TextLinesSource>(std::move(*plain), index, rules);
}

}  // namespace feedline::inline nodes
