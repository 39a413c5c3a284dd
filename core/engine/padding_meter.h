// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/batch.h"
#include "plan/plan.h"
#include "telemetry/snapshot.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace feedline::inline engine {

/// How much of the ragged fields of a pipeline's batches is padding: each row is filled up to the longest of its batch.
class PaddingMeter {
 public:
  explicit PaddingMeter(const DataPlan& plan) {
    for (std::size_t i = 0; i < plan.fields.size(); ++i)
      if (plan.fields[i].capacity > 0) fields_.emplace_back(i, plan.fields[i].name);
  }

  /// A batch is handed out. From the consumer's thread.
  void add(const Batch& batch) {
    for (Field& field : fields_) {
      const std::vector<std::uint32_t>& lengths = batch.buffer->lengths[field.index];
      std::uint64_t values = 0;
      for (std::size_t row = 0; row < batch.records; ++row) values += lengths[row];
      field.values.fetch_add(values, std::memory_order_relaxed);
      field.room.fetch_add(batch.records * static_cast<std::uint64_t>(batch.longest(field.index)),
                           std::memory_order_relaxed);
    }
  }
  /// From any thread.
  [[nodiscard]] std::vector<PaddingSample> read() const {
    std::vector<PaddingSample> samples;
    for (const Field& field : fields_)
      samples.push_back({.field = field.name,
                         .values = field.values.load(std::memory_order_relaxed),
                         .room = field.room.load(std::memory_order_relaxed)});
    return samples;
  }

 private:
  struct Field {
    Field(std::size_t i, std::string n) : index(i), name(std::move(n)) {}
    std::size_t index;
    std::string name;
    std::atomic<std::uint64_t> values = 0;
    std::atomic<std::uint64_t> room = 0;
  };
  std::deque<Field> fields_{};
};

}  // namespace feedline::inline engine
