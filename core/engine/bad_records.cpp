// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/bad_records.h"

#include <algorithm>

namespace feedline::inline engine {

std::size_t BadRecords::kind_of(const Error& error) {
  Kind kind{error.node, error.reason, error.remedy};
  if (const auto found = numbers_.find(kind); found != numbers_.end()) return found->second;
  if (kinds_.size() >= kMostKinds) return kMostKinds - 1;
  if (kinds_.size() + 1 == kMostKinds) kind = {error.node, "one of many further errors", {}};
  kinds_.push_back(kind);
  return numbers_.emplace(std::move(kind), kinds_.size() - 1).first->second;
}

void BadRecords::add(std::uint64_t record, std::uint32_t epoch, const Error* error) {
  auto found = records_.find(record);
  if (found == records_.end()) {
    if (error == nullptr || records_.size() >= kMost) return;
    found = records_.emplace(record, Entry{.kind = kind_of(*error), .file = error->file}).first;
  }
  Entry& entry = found->second;
  ++entry.times;
  if (entry.epochs == 0 || entry.last_epoch != epoch) ++entry.epochs;
  entry.last_epoch = epoch;
}

void BadRecords::restore(const std::vector<BadRecord>& list) {
  for (const BadRecord& bad : list) {
    if (records_.size() >= kMost) return;
    records_.insert_or_assign(bad.record, Entry{.kind = kind_of(bad.error),
                                                .file = bad.error.file,
                                                .times = bad.times,
                                                .epochs = bad.epochs,
                                                .last_epoch = bad.last_epoch});
  }
}

std::vector<BadRecord> BadRecords::list() const {
  std::vector<BadRecord> list;
  for (const auto& [record, entry] : records_) {
    const auto& [node, reason, remedy] = kinds_[entry.kind];
    list.push_back(
        {.error = {.code = ErrorCode::BadRecord, .reason = reason, .remedy = remedy, .node = node, .file = entry.file},
         .record = record,
         .times = entry.times,
         .epochs = entry.epochs,
         .last_epoch = entry.last_epoch});
  }
  return list;
}

std::vector<BadRecord> merged(std::vector<BadRecord> list, const std::vector<BadRecord>& other) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < list.size(); ++i) places.emplace(list[i].error.file, i);
  for (const BadRecord& bad : other) {
    const auto same = bad.error.file.empty() ? places.end() : places.find(bad.error.file);
    if (same == places.end()) {
      list.push_back(bad);
      continue;
    }
    BadRecord& known = list[same->second];
    known.times += bad.times;
    known.epochs = std::max(known.epochs, bad.epochs);
    known.last_epoch = std::max(known.last_epoch, bad.last_epoch);
  }
  return list;
}

}  // namespace feedline::inline engine
