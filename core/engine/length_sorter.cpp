// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/length_sorter.h"

#include "base/random.h"
#include "engine/collate.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace feedline::inline engine {
namespace {

/// Keeps the order of groups apart from that of records, which the same seed and epoch key.
constexpr std::uint64_t kGroupSalt = 0x9E3779B97F4A7C15U;

}  // namespace

LengthSorter::LengthSorter(const DataPlan& plan) : plan_(plan) {
  std::size_t most = 0;
  for (std::size_t f = 0; f < plan.fields.size(); ++f) {
    held_.emplace_back(plan.fields[f].record_bytes());
    if (plan.fields[f].capacity == 0 || held_.back().size() <= most) continue;
    most = held_.back().size();
    field_ = f;
  }
  if (plan.training && most > 0) together_ = static_cast<std::size_t>(std::max<std::int64_t>(plan.batch.by_length, 1));
}

std::uint64_t LengthSorter::first_of_group(std::uint64_t batch) const {
  return batch < plan_.batches_per_epoch() ? batch - batch % together_ : batch;
}

std::uint64_t LengthSorter::size_of_group(std::uint64_t batch) const {
  return std::min<std::uint64_t>(together_, plan_.batches_per_epoch() - first_of_group(batch));
}

void LengthSorter::sort(std::deque<std::unique_ptr<BatchWork>>& batches) {
  if (together_ < 2 || batches.size() < 2) return;
  list_rows(batches);
  find_sources(batches);
  move_rows(batches);
}

void LengthSorter::list_rows(const std::deque<std::unique_ptr<BatchWork>>& batches) {
  rows_.clear();
  for (std::size_t b = 0; b < batches.size(); ++b)
    for (std::size_t row = 0; row < batches[b]->good; ++row)
      rows_.push_back({.batch = b, .row = row, .length = batches[b]->buffer->lengths[field_][row]});
  sorted_.resize(rows_.size());
  std::iota(sorted_.begin(), sorted_.end(), std::size_t{0});
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [this](std::size_t a, std::size_t b) { return rows_[a].length < rows_[b].length; });
}

/// The batch of the lowest rank gets the shortest rows, as many as it has, and so on.
void LengthSorter::find_sources(const std::deque<std::unique_ptr<BatchWork>>& batches) {
  const BatchWork& first = *batches.front();
  const Permutation rank(batches.size(), plan_.seed + kGroupSalt * (first.index + 1), first.epoch);
  std::vector<std::size_t> by_rank(batches.size());
  for (std::size_t b = 0; b < batches.size(); ++b) by_rank[rank(b)] = b;
  std::vector<std::size_t> begins(batches.size() + 1, 0);
  for (std::size_t b = 0; b < batches.size(); ++b) begins[b + 1] = begins[b] + batches[b]->good;
  source_.resize(rows_.size());
  std::size_t next = 0;
  for (const std::size_t b : by_rank)
    for (std::size_t row = 0; row < batches[b]->good; ++row) source_[begins[b] + row] = sorted_[next++];
}

/// Rows of a ragged field end in zeros: those behind the longest of the group are everywhere.
std::size_t LengthSorter::used_bytes(const std::deque<std::unique_ptr<BatchWork>>& batches, std::size_t field) const {
  const auto capacity = static_cast<std::size_t>(plan_.fields[field].capacity);
  if (capacity == 0) return held_[field].size();
  std::uint32_t longest = 0;
  for (const Place& place : rows_) longest = std::max(longest, batches[place.batch]->buffer->lengths[field][place.row]);
  return held_[field].size() / capacity * longest;
}

/// Round each cycle of the permutation, so that a row is copied once.
void LengthSorter::move_rows(std::deque<std::unique_ptr<BatchWork>>& batches) {
  const std::size_t fields = plan_.fields.size();
  std::vector<std::uint32_t> held_lengths(fields);
  std::vector<std::size_t> bytes(fields);  // of a row that can be other than zero
  for (std::size_t f = 0; f < fields; ++f) bytes[f] = used_bytes(batches, f);
  const auto at = [&](std::size_t f, std::size_t index) {
    return row_of(*batches[rows_[index].batch]->buffer, f, held_[f].size(), rows_[index].row);
  };
  const auto length = [&](std::size_t f, std::size_t index) -> std::uint32_t& {
    return batches[rows_[index].batch]->buffer->lengths[f][rows_[index].row];
  };
  const auto id = [&](std::size_t index) -> std::uint64_t& {
    return batches[rows_[index].batch]->record_ids[rows_[index].row];
  };
  for (std::size_t start = 0; start < rows_.size(); ++start) {
    if (source_[start] == start) continue;
    for (std::size_t f = 0; f < fields; ++f) {
      std::memcpy(held_[f].data(), at(f, start), bytes[f]);
      if (plan_.fields[f].capacity > 0) held_lengths[f] = length(f, start);
    }
    const std::uint64_t held_id = id(start);
    std::size_t to = start;
    for (std::size_t from = source_[to]; from != start; from = source_[to]) {
      for (std::size_t f = 0; f < fields; ++f) {
        std::memcpy(at(f, to), at(f, from), bytes[f]);
        if (plan_.fields[f].capacity > 0) length(f, to) = length(f, from);
      }
      id(to) = id(from);
      source_[to] = to;
      to = from;
    }
    for (std::size_t f = 0; f < fields; ++f) {
      std::memcpy(at(f, to), held_[f].data(), bytes[f]);
      if (plan_.fields[f].capacity > 0) length(f, to) = held_lengths[f];
    }
    id(to) = held_id;
    source_[to] = to;
  }
}

}  // namespace feedline::inline engine
