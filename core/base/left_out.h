// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace feedline::inline base {

/// How many records were left out, and how often: "20 records", "20 records x 4 epochs", "20 records, 73 times" where
/// the last epoch was not finished. 0 records: not known (runs of earlier versions), then "80 times".
[[nodiscard]] std::string left_out_text(std::uint64_t records, std::uint64_t times);

}  // namespace feedline::inline base
