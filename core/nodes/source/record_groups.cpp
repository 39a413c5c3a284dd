// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/record_groups.h"

#include "base/machine_fault.h"
#include "base/plain_text.h"
#include "nodes/source/file_io.h"
#include "nodes/source/idx_file.h"
#include "nodes/source/table/plain_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kGroupBlock = std::size_t{1} << 20;
constexpr std::size_t kLongestGroup = 1024;

tl::unexpected<Error> wrong_group_count(const std::string& path, std::uint64_t groups, std::uint64_t records) {
  return fail_file(path, fmt::format("it has {} groups for {} records", groups, records),
                   "Write one group a line, in the order of the records");
}

}  // namespace

Result<RecordGroups> RecordGroups::open(const std::string& path, std::uint64_t records, const SourceContext& context) {
  RecordGroups groups(path);
  const auto idx = IdxFile::open(path, context);
  if (!idx) {
    if (is_machine_fault(idx.error()) || idx.error().code == ErrorCode::Cancelled) return fail(idx.error());
    if (Status read = groups.read_text(records, context); !read) return fail(std::move(read.error()));
    return groups;
  }
  if (!idx->item_dims().empty())
    return fail_file(path, fmt::format("it has {} bytes a record, and a group is one", idx->item_bytes()),
                     "Choose a text with a group a line, or an IDX file of one dimension");
  if (idx->count() != records) return wrong_group_count(path, idx->count(), records);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(records));
  if (Status read = idx->read(0, std::as_writable_bytes(std::span(bytes))); !read) return fail(std::move(read.error()));
  groups.group_.assign(bytes.begin(), bytes.end());
  for (int i = 0; i < 256; ++i) groups.names_.push_back(std::to_string(i));
  return groups;
}

Status RecordGroups::read_text(std::uint64_t records, const SourceContext& context) {
  const auto plain = open_plain(path_, "auto", context);
  if (!plain) return fail(plain.error());
  std::unordered_map<std::string, std::uint32_t> known;
  std::uint64_t empty = 0;  // lines behind the last group
  const auto take = [&](std::string_view line) -> Status {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) {
      ++empty;
      return {};
    }
    if (empty > 0)
      return fail_file(path_, fmt::format("line {} is empty, so its record has no group", group_.size() + 1),
                       "Write one group a line, in the order of the records");
    if (group_.size() == records) return wrong_group_count(path_, records + 1, records);
    const auto [found, fresh] = known.try_emplace(std::string(line), static_cast<std::uint32_t>(names_.size()));
    if (fresh) names_.emplace_back(line);
    group_.push_back(found->second);
    return {};
  };
  std::string text;  // the beginning of a line that goes on, and what was read behind it
  for (std::uint64_t at = plain->begin; at < plain->facts.size;) {
    if (context.stop.stop_requested()) return fail_cancelled();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kGroupBlock, plain->facts.size - at));
    const std::size_t before = text.size();
    text.resize(before + count);
    if (!read_at(plain->file.get(), std::as_writable_bytes(std::span(text)).subspan(before), at))
      return read_error(path_, errno, "the file became shorter while it was read");
    at += count;
    std::string_view rest(text);
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      if (end > kLongestGroup) break;
      if (Status taken = take(rest.substr(0, end)); !taken) return taken;
      rest.remove_prefix(end + 1);
    }
    if (rest.size() > kLongestGroup && std::min(rest.find('\n'), rest.size()) > kLongestGroup)
      return fail_file(path_, fmt::format("line {} has more than {} bytes", group_.size() + empty + 1, kLongestGroup),
                       "Choose a text with the name or number of a group in each line");
    text.erase(0, text.size() - rest.size());
  }
  if (!text.empty())
    if (Status taken = take(text); !taken) return taken;
  return group_.size() == records ? Status{} : Status(wrong_group_count(path_, group_.size(), records));
}

}  // namespace feedline::inline nodes
