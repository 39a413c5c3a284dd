// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/line_anchors.h"

#include "base/machine_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kAnchorBytes = 4096;
constexpr std::size_t kAnchorBlock = std::size_t{1} << 20;
constexpr std::uint64_t kLongestAnchored = std::uint64_t{16} << 20;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<LineAnchors> LineAnchors::find(const PlainFile& plain, const SourceContext& context) {
  LineAnchors found;
  found.end_ = plain.facts.size;
  std::string block(kAnchorBlock, '\0');
  std::uint64_t line = plain.begin;  // where the line that is looked at begins
  char last = 0;                     // the byte in front of what is looked at
  bool open_block = false;
  std::uint32_t blocks = 0;
  const auto end_line = [&](std::uint64_t end) {
    const std::uint64_t bytes = end - line;
    const bool has_text = bytes > (last == '\r' ? 1U : 0U);
    if (has_text) {
      blocks += open_block ? 0 : 1;
      if (found.anchors_.empty() || line - found.anchors_.back().begin >= kAnchorBytes)
        found.anchors_.push_back({.begin = line, .line = found.count_, .block = blocks});
      ++found.count_;
    }
    open_block = has_text;
    line = end + 1;
  };
  for (std::uint64_t at = plain.begin; at < found.end_;) {
    if (context.stop.stop_requested()) return fail_cancelled();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kAnchorBlock, found.end_ - at));
    if (!read_at(plain.file.get(), std::as_writable_bytes(std::span(block).first(count)), at))
      return read_error(plain.path, errno, "the file became shorter while it was read");
    const std::string_view text = std::string_view(block).substr(0, count);
    for (std::size_t from = 0; from < count;) {
      const std::size_t end = std::min(text.find('\n', from), count);
      if (at + end - line > kLongestAnchored)
        return fail_file(plain.path, fmt::format("a line of it has more than {} MiB", kLongestAnchored >> 20U),
                         "Choose text files with one record a line");
      if (end > 0) last = text[end - 1];
      if (end < count) end_line(at + end);
      from = end + 1;
    }
    at += count;
    if (context.progress) context.progress("Counting lines", static_cast<double>(at) / static_cast<double>(found.end_));
  }
  if (line < found.end_) end_line(found.end_);
  return found;
}

Result<LineAnchors::Line> LineAnchors::read(const PlainFile& plain, std::uint64_t index, std::string& memory) const {
  const auto next = std::upper_bound(anchors_.begin(), anchors_.end(), index,
                                     [](std::uint64_t i, const Anchor& anchor) { return i < anchor.line; });
  const Anchor& anchor = *std::prev(next);
  const std::uint64_t end = next == anchors_.end() ? end_ : next->begin;
  memory.resize(static_cast<std::size_t>(end - anchor.begin));
  if (!read_at(plain.file.get(), std::as_writable_bytes(std::span(memory)), anchor.begin)) {
    Error error = read_error(plain.path, errno, "the file became shorter since it was opened").value();
    if (!is_machine_fault(error)) error.code = ErrorCode::BadRecord;
    return fail(std::move(error));
  }
  Line line{.block = anchor.block};
  std::uint64_t left = index - anchor.line;
  bool ended = false;
  for (std::string_view rest = memory; !rest.empty();) {
    const std::size_t stop = std::min(rest.find('\n'), rest.size());
    line.text = without_return(rest.substr(0, stop));
    rest.remove_prefix(std::min(stop + 1, rest.size()));
    if (line.text.empty()) {
      ended = true;
      continue;
    }
    line.block += ended ? 1 : 0;
    ended = false;
    if (left-- == 0) return line;
  }
  return fail_record("the line is no longer there", "Start again, so that its lines are found anew");
}

}  // namespace feedline::inline nodes
