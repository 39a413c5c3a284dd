// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/user_path.h"

#include "base/plain_text.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace feedline::inline base {
namespace {

/// Of the named user; of the current one for an empty name.
std::optional<std::string> home_of(const std::string& user) {
  if (user.empty())
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return home;
  std::vector<char> room(16384);
  passwd entry{};
  passwd* found = nullptr;
  const int failed = user.empty() ? ::getpwuid_r(::getuid(), &entry, room.data(), room.size(), &found)
                                  : ::getpwnam_r(user.c_str(), &entry, room.data(), room.size(), &found);
  if (failed != 0 || found == nullptr || found->pw_dir == nullptr) return std::nullopt;
  return found->pw_dir;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const char* first = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() && std::from_chars(first, first + 2, value, 16).ptr == first + 2 &&
        value != 0) {
      decoded += static_cast<char>(value);
      at += 2;
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

/// What a file: address names; none for another machine's and for what is no address.
std::optional<std::string> from_address(std::string_view text) {
  if (!text.starts_with("file:/")) return std::nullopt;
  text.remove_prefix(5);
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    if (text.starts_with("localhost/")) text.remove_prefix(9);
  }
  if (!text.starts_with('/')) return std::nullopt;
  return percent_decoded(text);
}

std::optional<std::string> from_home(std::string_view text) {
  if (!text.starts_with('~')) return std::nullopt;
  const std::size_t slash = std::min(text.find('/'), text.size());
  auto home = home_of(std::string(text.substr(1, slash - 1)));
  if (home) home->append(text.substr(slash));
  return home;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

std::string user_path(std::string_view text) {
  std::string path(text);
  if (auto address = from_address(text)) {
    path = std::move(*address);
  } else if (auto home = from_home(text)) {
    path = std::move(*home);
  }
  if (path.find("\\x") == std::string::npos || exists(path)) return path;
  std::string raw = unescape_name(path);
  return raw.find('\0') == std::string::npos ? raw : path;
}

}  // namespace feedline::inline base
