// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/control_group.h"

#include <fstream>
#include <string>

namespace feedline::inline base {

// A line of /proc/self/cgroup is "number:controllers:/path": "0::/user.slice" in version 2, "4:memory:/box" in
// version 1.
std::vector<std::filesystem::path> control_groups(std::string_view controller) {
  const std::string mark = ":" + std::string(controller) + ":/";
  std::filesystem::path root = "/sys/fs/cgroup";
  if (!controller.empty()) root /= controller;
  std::vector<std::filesystem::path> found;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t at = line.find(mark);
    if (at == std::string::npos || at != line.find(':')) continue;
    const std::string path = line.substr(at + mark.size());
    for (std::filesystem::path group = path.empty() ? root : root / path;; group = group.parent_path()) {
      found.push_back(group);
      if (group == root || !group.has_relative_path()) break;
    }
  }
  return found;
}

}  // namespace feedline::inline base
