// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/folder_listing.h"

#include "base/file_calls.h"
#include "base/file_names.h"
#include "base/machine_fault.h"
#include "nodes/source/file_io.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <system_error>

namespace feedline::inline nodes {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

tl::unexpected<Error> cannot_list(const std::string& folder, int error_number) {
  if (error_number == EACCES)
    return fail_file(folder, "the folder may not be read",
                     "Give yourself permission to read it, or move it out of the folder of classes");
  return fail_errno(folder, "the folder cannot be read", error_number);
}

/// Links and file systems that do not tell the kind cost a look. A dangling link is a file that cannot be read, which
/// is said when it is read. None: the machine is at fault, as errno says.
std::optional<bool> is_folder(int parent, const dirent& entry) {
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status {};
  if (FileCalls::current().fstatat(parent, entry.d_name, &status, 0) == 0) return S_ISDIR(status.st_mode);
  return is_machine_fault(errno) ? std::nullopt : std::optional(false);
}

/// Text files by their endings; those of many collections have none.
bool is_text_name(std::string_view name) {
  const std::string ending = ending_of(name);
  return ending == ".txt" || ending == ".text" || ending == ".md" || name.find('.') == std::string_view::npos;
}

}  // namespace

const FolderFiles kPictureFiles = {
    .wanted = &is_picture_name,
    .what = "pictures",
    .endings = "jpg, jpeg, jfif, png, webp, gif, bmp, tif, tiff, avif, heic, heif",
    .remedy = "Put the pictures of each class into a sub-folder of their own, such as flowers/daisy/1.jpg"};
const FolderFiles kTextFiles = {
    .wanted = &is_text_name,
    .what = "texts",
    .endings = "txt, text, md, or none",
    .remedy =
        "Put the texts of each class into a sub-folder of their own, such as reviews/good/1.txt; files whose lines are "
        "texts, one file a class, are read by text_files"};

Result<FolderListing> FolderListing::of(const std::string& folder, const FolderFiles& files,
                                        const SourceContext& context) {
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (!open) return cannot_list(folder, errno);
  FolderListing listing;
  std::size_t seen = 0;
  for (;;) {
    if (++seen % 1024 == 0 && context.stop.stop_requested()) return fail_cancelled();
    errno = 0;
    const dirent* entry = ::readdir(open.get());
    if (entry == nullptr) break;
    const std::string_view name(entry->d_name);
    if (is_clutter(name)) continue;
    const std::optional<bool> is_one = is_folder(::dirfd(open.get()), *entry);
    if (!is_one) return fail_errno(folder + '/' + entry->d_name, "it cannot be looked at", errno);
    if (*is_one) {
      (is_system_folder(name) ? listing.system_folders : listing.folders).emplace_back(name);
    } else {
      (files.wanted(name) ? listing.records : listing.others).emplace_back(name);
    }
  }
  if (errno != 0) return cannot_list(folder, errno);
  for (auto* names : {&listing.folders, &listing.system_folders, &listing.records, &listing.others})
    std::sort(names->begin(), names->end());
  return listing;
}

Result<bool> VisitedFolders::enter(const std::string& folder) {
  struct stat status {};
  if (FileCalls::current().fstatat(AT_FDCWD, folder.c_str(), &status, 0) == 0)
    return seen_.insert({status.st_dev, status.st_ino}).second;
  if (is_machine_fault(errno)) return fail_errno(folder, "the folder cannot be read", errno);
  return false;
}

}  // namespace feedline::inline nodes
