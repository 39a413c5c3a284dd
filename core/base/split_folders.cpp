// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/split_folders.h"

#include "base/file_names.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

namespace feedline::inline base {
namespace {

namespace fs = std::filesystem;

/// Visible sub-folders by name; empty if the folder cannot be read.
std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (!at->path().filename().string().starts_with('.') && at->is_directory(ignored)) found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::optional<DataSplit> split_folders(const fs::path& folder) {
  DataSplit split;
  fs::path test;  // left alone where there is a part for validation
  for (const fs::path& part : folders_in(folder)) {
    const std::string name = part.filename().string();
    if (name.starts_with("__")) continue;  // __MACOSX
    const SplitRole role = split_role(name);
    if (role == SplitRole::None || (role == SplitRole::Training && !split.training.empty())) return std::nullopt;
    fs::path& place = role == SplitRole::Training     ? split.training
                      : role == SplitRole::Validation ? split.validation
                                                      : test;
    if (place.empty()) place = part;
  }
  if (split.validation.empty()) split.validation = test;
  if (split.training.empty() || split.validation.empty()) return std::nullopt;
  if (folders_in(split.training).empty() || folders_in(split.validation).empty()) return std::nullopt;
  return split;
}

}  // namespace feedline::inline base
