// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/row_scan.h"

#include "base/numbers.h"
#include "nodes/source/table/text_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kGroupBytes = std::size_t{64} << 10;  // a group is closed behind so many
constexpr std::size_t kTailPiece = std::size_t{64} << 10;

}  // namespace

std::size_t SegmentScanner::segments() const {
  const std::uint64_t bytes = request_.plain.facts.size - request_.begin;
  return static_cast<std::size_t>((bytes + kSegment - 1) / kSegment);
}

/// All lines that begin in the segment, whole, into lines_. A line begins behind a line end, so the byte in front of
/// the segment is looked at too.
Status SegmentScanner::read_lines(std::size_t segment, SegmentScan& scan) {
  const std::uint64_t size = request_.plain.facts.size;
  const std::uint64_t from = request_.begin + segment * kSegment;
  const std::uint64_t to = std::min(size, from + kSegment);
  const std::uint64_t first = segment == 0 ? from : from - 1;
  const int descriptor = request_.plain.file.get();
  const char sign = request_.dialect.line_end;
  const auto unreadable = [&] { return read_error(request_.plain.path, errno, "it became shorter while it was read"); };
  std::size_t length = static_cast<std::size_t>(to - first);
  if (memory_.size() < length) memory_.resize(length);
  if (!read_at(descriptor, std::as_writable_bytes(std::span(memory_.data(), length)), first)) return unreadable();
  std::size_t begin = 0;
  if (segment > 0) {
    const void* line = std::memchr(memory_.data(), sign, length);
    begin = line == nullptr ? length : static_cast<std::size_t>(static_cast<const char*>(line) - memory_.data()) + 1;
  }
  scan.begin = scan.end = first + begin;
  lines_ = {};
  if (begin == length) return {};  // in the middle of a long line
  // The last line may end behind the segment.
  bool ended = memory_[length - 1] == sign;
  while (!ended && first + length < size) {
    const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(kTailPiece, size - first - length));
    if (memory_.size() < length + more) memory_.resize(length + more);
    if (!read_at(descriptor, std::as_writable_bytes(std::span(memory_.data() + length, more)), first + length))
      return unreadable();
    const void* line = std::memchr(memory_.data() + length, sign, more);
    ended = line != nullptr;
    length = ended ? static_cast<std::size_t>(static_cast<const char*>(line) - memory_.data()) + 1 : length + more;
    if (!ended && length - begin > kLongestRow + kSegment)
      return fail_file(request_.plain.path,
                       fmt::format("a line that begins in front of byte {} has more than {} MiB", numbers::count(to),
                                   kLongestRow >> 20),
                       "Choose a table with one row a line");
  }
  scan.end = first + length;
  lines_ = {memory_.data() + begin, length - begin};
  return {};
}

Result<SegmentScan> SegmentScanner::scan(std::size_t segment, bool open) {
  SegmentScan scan;
  if (Status read = read_lines(segment, scan); !read) return fail(std::move(read.error()));
  if (const std::size_t good = valid_utf8(lines_); good < lines_.size()) scan.first_invalid = scan.begin + good;
  count_rows(scan, open);
  if (memory_.size() > 4 * kSegment) memory_ = {};
  return scan;
}

void SegmentScanner::count_rows(SegmentScan& scan, bool open) const {
  const CsvDialect& dialect = request_.dialect;
  const char* at = lines_.data();
  const char* const end = at + lines_.size();
  const char* group = at;
  std::uint64_t in_group = 0;
  const auto walk_quoted = [&](const char* from) {  // to the end of a row that has quotes
    const char* after = row_end(from, end, dialect, open);
    const char* stop = after == nullptr ? end : after;
    scan.lines += count_lines({from, static_cast<std::size_t>(stop - from)}, dialect.line_end);
    return stop;
  };
  if (open && at < end) at = walk_quoted(at);
  const bool quotes = dialect.quote != '\0' && lines_.find(dialect.quote) != std::string_view::npos;
  while (at < end) {
    const auto* line = static_cast<const char*>(std::memchr(at, dialect.line_end, static_cast<std::size_t>(end - at)));
    const char* stop = line == nullptr ? end : line;
    const std::string_view text(at, static_cast<std::size_t>(stop - at));
    if (!is_no_row(text, dialect)) {
      if (in_group == 0 || in_group == rows_a_group_ || static_cast<std::size_t>(at - group) > kGroupBytes) {
        scan.groups.push_back({.offset = static_cast<std::uint32_t>(at - lines_.data()),
                               .row = static_cast<std::uint32_t>(scan.rows),
                               .line = static_cast<std::uint32_t>(scan.lines)});
        group = at;
        in_group = 0;
      }
      ++in_group;
      ++scan.rows;
      if (quotes && text.find(dialect.quote) != std::string_view::npos) {
        at = walk_quoted(at);
        continue;
      }
    }
    scan.lines += line == nullptr ? 0 : 1;
    at = line == nullptr ? end : line + 1;
  }
  scan.open = open;
}

}  // namespace feedline::inline nodes
