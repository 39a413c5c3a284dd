// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/error_log.h"

#include <algorithm>

namespace feedline {

void ErrorLog::add(Error error, Place place) {
  const std::lock_guard lock(mutex_);
  ++count_;
  auto kind = std::pair(error.node, error.reason);
  auto found = kinds_.find(kind);
  if (found == kinds_.end()) {
    if (kinds_.size() >= kMaxKinds) return;
    found =
        kinds_.emplace(std::move(kind), Entry{.first = {.error = error, .count = 0}, .place = place}).first;
  }
  Entry& entry = found->second;
  ++entry.first.count;
  if (place >= entry.place) return;
  entry.place = place;
  entry.first.error = std::move(error);
}

std::vector<RecordError> ErrorLog::list() const {
  std::vector<Entry> entries;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [kind, entry] : kinds_) entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.first.count != b.first.count ? a.first.count > b.first.count : a.place < b.place;
  });
  std::vector<RecordError> errors;
  errors.reserve(entries.size());
  for (Entry& entry : entries) errors.push_back(std::move(entry.first));
  return errors;
}

std::uint64_t ErrorLog::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace feedline
