// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/folder_index.h"

#include "nodes/source/file_io.h"

#include <algorithm>
#include <array>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace feedline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLayoutRemedy =
    "Put the pictures of each class into a sub-folder of their own, such as flowers/daisy/1.jpg";

bool is_picture(std::string_view name) {
  constexpr std::array<std::string_view, 12> kExtensions = {".jpg", ".jpeg", ".jfif", ".png",  ".webp", ".gif",
                                                            ".bmp", ".tif",  ".tiff", ".avif", ".heic", ".heif"};
  return std::any_of(kExtensions.begin(), kExtensions.end(), [&](std::string_view extension) {
    if (name.size() <= extension.size()) return false;
    const std::string_view end = name.substr(name.size() - extension.size());
    return std::equal(end.begin(), end.end(), extension.begin(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
  });
}

/// Sub-folders and picture files of one folder, each sorted by name.
struct Listing {
  std::vector<std::string> folders{};
  std::vector<std::string> files{};
};

Result<Listing> list(const fs::path& folder, const SourceContext& context) {
  Listing listing;
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (++seen % 1024 == 0 && context.stop.stop_requested()) return fail_cancelled();
    std::string name = at->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code
        ignored;  // of a dangling link: then it is a file that cannot be read, which is said when it is read
    if (at->is_directory(ignored))
      listing.folders.push_back(std::move(name));
    else if (is_picture(name))
      listing.files.push_back(std::move(name));
  }
  if (error == std::errc::permission_denied)
    return fail_file(folder.string(), "the folder may not be read", "Give yourself permission to read it");
  if (error) return fail_errno(folder.string(), "the folder cannot be read", error.value());
  std::sort(listing.folders.begin(), listing.folders.end());
  std::sort(listing.files.begin(), listing.files.end());
  return listing;
}

/// Folders that were entered already, so that a link back to one ends there.
class Visited {
 public:
  bool enter(const fs::path& folder) {
    struct stat status {};
    return ::stat(folder.c_str(), &status) == 0 && seen_.insert({status.st_dev, status.st_ino}).second;
  }

 private:
  std::set<std::pair<dev_t, ino_t>> seen_{};
};

}  // namespace

Result<FolderIndex> FolderIndex::scan(const std::string& root, const SourceContext& context) {
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found)
    return fail_file(root, "there is no such folder", "Choose a folder with one sub-folder a class");
  if (status.type() == fs::file_type::none) return fail_errno(root, "the folder cannot be read", error.value());
  if (!fs::is_directory(status))
    return fail_file(root, "it is a file, not a folder", "Choose the folder that holds the classes");

  const auto top = list(root, context);
  if (!top) return fail(top.error());
  if (top->folders.empty() && top->files.empty())
    return fail_file(root, "the folder is empty", std::string(kLayoutRemedy));
  if (top->folders.empty())
    return fail_file(root, "the folder has pictures but no class sub-folders", std::string(kLayoutRemedy));

  FolderIndex index;
  index.root_ = root;
  for (const std::string& name : top->folders) {
    if (context.progress)
      context.progress("Listing " + valid_utf8(name),
                       static_cast<double>(index.classes_.size()) / static_cast<double>(top->folders.size()));
    index.classes_.push_back(name);
    if (auto added = index.add_class(fs::path(root) / name, context); !added) return fail(std::move(added.error()));
  }
  if (index.size() == 0)
    return fail_file(
        root, "its sub-folders hold no pictures (jpg, jpeg, jfif, png, webp, gif, bmp, tif, tiff, avif, heic, heif)",
        std::string(kLayoutRemedy));
  index.names_.shrink_to_fit();
  index.ends_.shrink_to_fit();
  return index;
}

Status FolderIndex::add_class(const fs::path& folder, const SourceContext& context) {
  Visited visited;
  visited.enter(folder.parent_path());
  std::vector<std::string> pending = {""};  // paths below `folder`, with a slash at the end
  while (!pending.empty()) {
    const std::string below = std::move(pending.back());
    pending.pop_back();
    if (context.stop.stop_requested()) return fail_cancelled();
    if (!visited.enter(folder / below)) continue;
    const auto listing = list(folder / below, context);
    if (!listing) return fail(listing.error());
    for (const std::string& file : listing->files) {
      names_ += below;
      names_ += file;
      ends_.push_back(names_.size());
    }
    for (auto sub = listing->folders.rbegin(); sub != listing->folders.rend(); ++sub)
      pending.push_back(below + *sub + "/");
  }
  class_ends_.push_back(ends_.size());
  return {};
}

std::int64_t FolderIndex::label(std::uint64_t index) const {
  return std::upper_bound(class_ends_.begin(), class_ends_.end(), index) - class_ends_.begin();
}

std::string FolderIndex::path(std::uint64_t index) const {
  const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
  std::string path = root_;
  if (!path.ends_with('/')) path += '/';
  path += classes_[static_cast<std::size_t>(label(index))];
  path += '/';
  return path.append(names_, begin, ends_[index] - begin);
}

}  // namespace feedline
