// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/memory.h"

#include "base/control_group.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace feedline::inline base {
namespace {

namespace fs = std::filesystem;

/// A file that holds one number; none where it is absent or says "max".
std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::uint64_t number = 0;
  std::ifstream in(file);
  return in >> number ? std::optional(number) : std::nullopt;
}

/// The number behind a key: "MemAvailable: 123 kB", "inactive_file 456".
std::optional<std::uint64_t> entry_of(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key) || line.size() <= key.size()) continue;
    const std::size_t digit = line.find_first_of("0123456789", key.size());
    if (digit != std::string::npos) return std::stoull(line.substr(digit));
  }
  return std::nullopt;
}

/// What is left under one limit; cached files count as free, because they give way.
std::uint64_t left_under(std::uint64_t limit, const fs::path& used, const fs::path& statistics, const char* cached) {
  const std::uint64_t taken = number_in(used).value_or(0);
  const std::uint64_t files = entry_of(statistics, cached).value_or(0);
  const std::uint64_t held = taken - std::min(taken, files);
  return limit - std::min(limit, held);
}

}  // namespace

std::uint64_t free_memory() {
  constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t free = kNoLimit;
  if (const auto available = entry_of("/proc/meminfo", "MemAvailable:")) free = *available * 1024;
  for (const fs::path& group : control_groups())
    if (const auto limit = number_in(group / "memory.max"))
      free = std::min(free, left_under(*limit, group / "memory.current", group / "memory.stat", "inactive_file "));
  for (const fs::path& group : control_groups("memory"))
    if (const auto limit = number_in(group / "memory.limit_in_bytes"))
      free = std::min(
          free, left_under(*limit, group / "memory.usage_in_bytes", group / "memory.stat", "total_inactive_file "));
  return free == kNoLimit ? 0 : free;
}

}  // namespace feedline::inline base
