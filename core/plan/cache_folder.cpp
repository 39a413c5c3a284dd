// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/user_path.h"
#include "plan/plan.h"

#include <fmt/format.h>

#include <cstdlib>
#include <unistd.h>

namespace feedline::inline plan {
namespace {

/// The variable as an absolute path; empty if it is unset or relative (which XDG says to ignore).
std::filesystem::path folder_in(const char* variable) {
  const char* value = std::getenv(variable);
  const std::filesystem::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : std::filesystem::path();
}

}  // namespace

std::filesystem::path default_cache_folder() {
  if (const char* own = std::getenv("FEEDLINE_CACHE"); own != nullptr && *own != '\0') return user_path(own);
  if (const auto xdg = folder_in("XDG_CACHE_HOME"); !xdg.empty()) return xdg / "feedline";
  if (const auto home = folder_in("HOME"); !home.empty()) return home / ".cache" / "feedline";
  std::error_code error;
  const auto temporary = std::filesystem::temp_directory_path(error);
  return (error ? std::filesystem::path("/tmp") : temporary) / fmt::format("feedline-{}", ::getuid());
}

}  // namespace feedline::inline plan
