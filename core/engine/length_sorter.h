// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to engine.

#include "engine/chunk.h"
#include "plan/plan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace feedline::inline engine {

/// Batches of records of like length: the rows of some finished batches that follow each other are sorted by length and
/// dealt out to the same batches again, so that little of a batch is padding. Which batch gets the short ones and which
/// the long is drawn from the seed, the epoch and the place, since a model that sees lengths grow learns worse. The
/// size of each batch stays. All of it follows from the batches alone, whatever the workers.
class LengthSorter {
 public:
  explicit LengthSorter(const DataPlan& plan);

  /// How many batches are sorted together (BatchSettings::by_length); 1: none. Groups do not span epochs.
  [[nodiscard]] std::size_t together() const { return together_; }
  /// Where the group begins in which this batch of an epoch lies; the batch itself behind the epoch's last one.
  [[nodiscard]] std::uint64_t first_of_group(std::uint64_t batch) const;
  /// How many batches are in that group.
  [[nodiscard]] std::uint64_t size_of_group(std::uint64_t batch) const;
  /// How many batches must be under way so that a group is ready when the one before has been used.
  [[nodiscard]] std::size_t prefetch_for(std::size_t asked) const {
    return asked == 0 ? 0 : std::max(asked, together_);
  }
  /// Batches of one epoch, closed up, the first of a group in front.
  void sort(std::deque<std::unique_ptr<BatchWork>>& batches);

 private:
  struct Place {
    std::size_t batch = 0;
    std::size_t row = 0;
    std::uint32_t length = 0;
  };

  void list_rows(const std::deque<std::unique_ptr<BatchWork>>& batches);
  void find_sources(const std::deque<std::unique_ptr<BatchWork>>& batches);
  [[nodiscard]] std::size_t used_bytes(const std::deque<std::unique_ptr<BatchWork>>& batches, std::size_t field) const;
  void move_rows(std::deque<std::unique_ptr<BatchWork>>& batches);

  const DataPlan& plan_;
  std::size_t together_ = 1;
  std::size_t field_ = 0;                       ///< whose lengths count: the one that takes most room
  std::vector<Place> rows_{};                   ///< of the group, in the order of its batches
  std::vector<std::size_t> sorted_{};           ///< indices of rows_, by length
  std::vector<std::size_t> source_{};           ///< by row: the row whose values it gets
  std::vector<std::vector<std::byte>> held_{};  ///< a row of each field
};

}  // namespace feedline::inline engine
