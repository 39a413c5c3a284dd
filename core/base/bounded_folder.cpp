// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/bounded_folder.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace feedline::inline base {

namespace fs = std::filesystem;

void bound_folder(const fs::path& newest, const FolderBound& bound) {
  struct Entry {
    fs::file_time_type asked{};
    std::uintmax_t bytes = 0;
    fs::path path{};
  };
  std::vector<Entry> others;
  std::uintmax_t bytes = 0;
  std::error_code fault;
  for (fs::directory_iterator it(newest.parent_path(), fault), end; !fault && it != end; it.increment(fault)) {
    if (it->path().extension() != newest.extension()) continue;
    std::error_code gone;
    Entry entry{.asked = it->last_write_time(gone), .bytes = 0, .path = it->path()};
    if (!gone) entry.bytes = it->file_size(gone);
    if (gone) continue;
    bytes += entry.bytes;
    if (entry.path != newest) others.push_back(std::move(entry));
  }
  std::sort(others.begin(), others.end(), [](const Entry& a, const Entry& b) { return a.asked < b.asked; });
  std::size_t files = others.size() + 1;
  for (const Entry& entry : others) {
    if (files <= bound.files && bytes <= bound.bytes) break;
    std::error_code ignored;
    fs::remove(entry.path, ignored);
    --files;
    bytes -= entry.bytes;
  }
}

bool mark_asked(const fs::path& file) {
  std::error_code missing;
  fs::last_write_time(file, fs::file_time_type::clock::now(), missing);
  return !missing || fs::is_regular_file(file, missing);  // it may lie where nobody may write
}

}  // namespace feedline::inline base
