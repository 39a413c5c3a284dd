// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <set>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// What lies in one folder, each list in byte order. Hidden names and what systems leave everywhere are not in it.
struct FolderListing {
  std::vector<std::string> folders{};
  std::vector<std::string> system_folders{};  ///< see is_system_folder()
  std::vector<std::string> pictures{};        ///< names that end like a picture that can be read
  std::vector<std::string> others{};

  /// Errors name the folder: may not be read (with a remedy), cannot be read; stopped.
  [[nodiscard]] static Result<FolderListing> of(const std::string& folder, const SourceContext& context);
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
