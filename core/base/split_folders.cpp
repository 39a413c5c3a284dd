// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/split_folders.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace feedline {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kTraining = {"train", "training"};
/// The best first: a folder `test` is left alone where there is one for validation.
constexpr std::array<std::string_view, 4> kValidation = {"val", "valid", "validation", "test"};

std::string lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

/// Visible sub-folders; empty if the folder cannot be read.
std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (!at->path().filename().string().starts_with('.') && at->is_directory(ignored)) found.push_back(at->path());
  }
  return found;
}

template <std::size_t count>
std::optional<std::size_t> rank(const std::array<std::string_view, count>& names, const fs::path& folder) {
  const auto at = std::find(names.begin(), names.end(), lower(folder.filename().string()));
  if (at == names.end()) return std::nullopt;
  return static_cast<std::size_t>(at - names.begin());
}

}  // namespace

std::optional<DataSplit> split_folders(const fs::path& folder) {
  DataSplit split;
  std::size_t best = kValidation.size();
  for (const fs::path& part : folders_in(folder)) {
    if (part.filename().string().starts_with("__")) continue;  // __MACOSX
    if (rank(kTraining, part)) {
      if (!split.training.empty()) return std::nullopt;
      split.training = part;
    } else if (const auto at = rank(kValidation, part)) {
      if (*at < best) {
        best = *at;
        split.validation = part;
      }
    } else {
      return std::nullopt;
    }
  }
  if (split.training.empty() || split.validation.empty()) return std::nullopt;
  if (folders_in(split.training).empty() || folders_in(split.validation).empty()) return std::nullopt;
  return split;
}

}  // namespace feedline
