// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/error_log.h"

#include <algorithm>
#include <utility>

namespace feedline::inline engine {

std::uint32_t ErrorLog::add(Error error, Place place) {
  const std::lock_guard lock(mutex_);
  ++count_;
  auto kind = std::pair(error.node, error.reason);
  auto found = kinds_.find(kind);
  if (found == kinds_.end()) {
    if (entries_.size() >= kMaxKinds) return kOther;
    entries_.push_back({.first = {.error = error}, .place = place});
    found = kinds_.emplace(std::move(kind), static_cast<std::uint32_t>(entries_.size() - 1)).first;
  }
  Entry& entry = entries_[found->second];
  ++entry.first.count;
  ++entry.first.records;
  if (place < entry.place) {
    entry.place = place;
    entry.first.error = std::move(error);
  }
  return found->second;
}

void ErrorLog::add_again(std::uint32_t kind) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (kind < entries_.size()) ++entries_[kind].first.count;
}

std::uint32_t ErrorLog::kind_of(const Error& error) const {
  const std::lock_guard lock(mutex_);
  const auto found = kinds_.find(std::pair(error.node, error.reason));
  return found == kinds_.end() ? kOther : found->second;
}

std::vector<ErrorLog::Entry> ErrorLog::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

void ErrorLog::restore(std::vector<Entry> entries, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  entries_ = std::move(entries);
  if (entries_.size() > kMaxKinds) entries_.resize(kMaxKinds);
  kinds_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i)
    kinds_.emplace(std::pair(entries_[i].first.error.node, entries_[i].first.error.reason),
                   static_cast<std::uint32_t>(i));
  count_ = count;
}

std::vector<RecordError> ErrorLog::list() const {
  std::vector<Entry> entries = this->entries();
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

}  // namespace feedline::inline engine
