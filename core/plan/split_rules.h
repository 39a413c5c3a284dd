// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to plan: how codes become sides.

#include "plan/record_codes.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace feedline::inline plan {

/// A bit a record: record i is bit i % 64 of word i / 64.
struct SplitSides {
  std::vector<std::uint64_t> training{};
  std::vector<std::uint64_t> validation{};
};

struct SideRules {
  const RecordCodes& codes;   ///< classes, or values of the column
  const CodedRecords& coded;  ///< of which these are a part
  const LearningSettings& settings;
  std::uint64_t held_out = 0;  ///< records that the share asks for
};

/// By split_by, but for random: see split_records(). Errors: those of it that are about values and groups; stopped.
[[nodiscard]] Result<SplitSides> choose_sides(const SideRules& rules, const std::stop_token& stop);

}  // namespace feedline::inline plan
