// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/memory_forecast.h"
#include "schema/value.h"

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline plan {

/// One way to have a run take less memory.
struct MemoryAdvice {
  struct Change {
    std::string node{};
    std::string parameter{};
    Value value{};
  };
  std::string id{};     ///< micro-batch, bfloat16, recompute, shard-optimizer, one-replica, stages
  std::string title{};  ///< "set batch.size to 16 and trainer.accumulate to 4"
  std::string why{};    ///< a sentence
  std::vector<Change> changes{};
  std::uint64_t saves = 0;  ///< predicted bytes
  bool changes_results = false;
  double kernels = 1;  ///< forward and backward are predicted to take so many times as long
};

/// Pure: what would make the run smaller, by forecast_memory(), the largest saving first; nothing that saves less than
/// 2 %. `limit`: bytes that there are; batches are made as small as it takes to come below them, or half as large where
/// it is 0 (not known). `gpus`: of the machine; a network that learns on one of several is cut over as few as have
/// room for its stages, or over two, balanced by multiply-adds.
[[nodiscard]] std::vector<MemoryAdvice> memory_advice(const Plan& plan, const Execution& execution,
                                                      std::uint64_t limit = 0, int gpus = 0);

/// "Set batch.size to 16 and trainer.accumulate to 4 (saves 1.2 GiB of 3.4 GiB), or set trainer.recompute to * (saves
/// 0.6 GiB of 3.4 GiB, for 23 % more time in forward and backward)"; empty where nothing helps.
[[nodiscard]] std::string advice_text(const std::vector<MemoryAdvice>& advice, const MemoryForecast& forecast);

}  // namespace feedline::inline plan
