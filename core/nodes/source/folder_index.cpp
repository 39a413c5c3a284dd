// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/folder_index.h"

#include "base/numbers.h"
#include "nodes/source/file_io.h"
#include "nodes/source/folder_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace feedline::inline nodes {
namespace {

namespace fs = std::filesystem;

/// What they hold instead: ", but 500 .cr2 and 3 .txt"; empty: nothing.
std::string endings_text(const SourceReport& report) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> parts;
  for (const EndingCount& found : by_ending(report, [](const PassedFiles&) { return true; }))
    parts.push_back(std::to_string(found.count) + " " + (found.ending.empty() ? "without an ending" : found.ending));
  return parts.empty() ? std::string() : ", but " + numbers::listed(parts, kMost);
}

}  // namespace

Result<FolderIndex> FolderIndex::scan(const std::string& root, Classes classes, const SourceContext& context,
                                      const FolderFiles& files) {
  const std::string layout(files.remedy);
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found)
    return fail_file(root, "there is no such folder", "Choose a folder with one sub-folder per class");
  if (status.type() == fs::file_type::none) return fail_errno(root, "the folder cannot be read", error.value());
  if (!fs::is_directory(status))
    return fail_file(root, "it is a file, not a folder", "Choose the folder that holds the classes");

  const auto top = FolderListing::of(root, files, context);
  if (!top) return fail(top.error());
  const bool whole = classes == Classes::None;
  const bool no_folders = top->folders.empty();
  if (no_folders && top->records.empty() && top->others.empty()) return fail_file(root, "the folder is empty", layout);
  if (no_folders && !top->records.empty() && !whole)
    return fail_file(root, "the folder has " + std::string(files.what) + " but no class sub-folders", layout);

  FolderIndex index;
  index.root_ = root;
  FolderScan scan(index, classes == Classes::All, files, context);
  if (Status listed = whole ? scan.run_whole() : scan.run(*top); !listed) return fail(std::move(listed.error()));
  if (index.size() == 0)
    return fail_file(
        root,
        fmt::format("{} {} ({})", whole ? "it holds no" : "its sub-folders hold no", files.what, files.endings) +
            endings_text(index.report_),
        whole ? "Choose a folder with such files, at whatever depth" : layout);
  index.names_.shrink_to_fit();
  index.ends_.shrink_to_fit();
  return index;
}

std::size_t FolderIndex::folder_of(std::uint64_t index) const {
  const auto found = std::upper_bound(folders_.begin(), folders_.end(), index,
                                      [](std::uint64_t i, const Folder& folder) { return i < folder.end; });
  return static_cast<std::size_t>(found - folders_.begin());
}

std::int64_t FolderIndex::label(std::uint64_t index) const { return folders_[folder_of(index)].label; }

std::string FolderIndex::path(std::uint64_t index) const {
  const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
  std::string path = root_;
  if (!path.ends_with('/')) path += '/';
  if (const std::string& name = folders_[folder_of(index)].name; !name.empty()) path.append(name).append("/");
  return path.append(names_, begin, ends_[index] - begin);
}

}  // namespace feedline::inline nodes
