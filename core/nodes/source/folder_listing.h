// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <set>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// Which files of a folder are records.
struct FolderFiles {
  bool (*wanted)(std::string_view name);  ///< to judge by its name
  std::string_view what;                  ///< "pictures"
  std::string_view endings;               ///< of those that are wanted, for people
  std::string_view remedy;                ///< how they should lie
};
extern const FolderFiles kPictureFiles;
extern const FolderFiles kTextFiles;

/// What lies in one folder, each list in byte order. Hidden names and what systems leave everywhere are not in it.
struct FolderListing {
  std::vector<std::string> folders{};
  std::vector<std::string> system_folders{};  ///< see is_system_folder()
  std::vector<std::string> records{};         ///< names of files that are records
  std::vector<std::string> others{};

  /// Errors name the folder: may not be read (with a remedy), cannot be read; stopped.
  [[nodiscard]] static Result<FolderListing> of(const std::string& folder, const FolderFiles& files,
                                                const SourceContext& context);
};

/// Folders that were entered already, so that a link back to one ends there.
class VisitedFolders {
 public:
  /// False: it was entered before, or is not there (any more). Errors: the machine's faults.
  [[nodiscard]] Result<bool> enter(const std::string& folder);

 private:
  std::set<std::pair<dev_t, ino_t>> seen_{};
};

}  // namespace feedline::inline nodes
