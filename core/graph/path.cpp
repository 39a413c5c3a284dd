// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/path.h"

#include <algorithm>
#include <charconv>

namespace feedline::inline graph {
namespace {

bool is_number(std::string_view part) { return !part.empty() && part.front() >= '0' && part.front() <= '9'; }

/// Calls `visit` with every part between slashes.
template <class Visit>
void each_part(std::string_view path, Visit visit) {
  while (true) {
    const std::size_t slash = path.find('/');
    visit(path.substr(0, slash));
    if (slash == std::string_view::npos) return;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string_view scope_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view leaf_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string join_path(std::string_view scope, std::string_view id) {
  return scope.empty() ? std::string(id) : std::string(scope) + "/" + std::string(id);
}

std::size_t depth_of(std::string_view path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

bool is_within(std::string_view path, std::string_view scope) {
  return scope.empty() || (path.size() > scope.size() && path.starts_with(scope) && path[scope.size()] == '/');
}

std::string drawn_path(std::string_view path) {
  std::string drawn;
  each_part(path, [&](std::string_view part) {
    if (!is_number(part)) drawn = join_path(drawn, part);
  });
  return drawn;
}

std::size_t instance_of(std::string_view path) {
  std::size_t instance = 1;
  each_part(path, [&](std::string_view part) {
    if (is_number(part)) std::from_chars(part.data(), part.data() + part.size(), instance);
  });
  return instance;
}

}  // namespace feedline::inline graph
