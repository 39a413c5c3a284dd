// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace feedline::inline checking {

/// What is known of one source's contents.
struct LaneContents {
  std::vector<std::uint64_t> hashes{};  ///< by record; 0: not known
  bool training = false;
  bool validation = false;
  std::vector<bool> held_out{};  ///< by record, where a split sets some aside for validation; else empty
  std::vector<bool> left_out{};  ///< by record, where a split leaves some on neither side; else empty
  std::function<std::int64_t(std::uint64_t)> label{};
};

/// Records of the same content, within sources and across them. A source that neither trains nor validates is compared
/// with itself and with others, but nothing is across splits there.
[[nodiscard]] Duplicates find_duplicates(const std::vector<LaneContents>& lanes,
                                         const std::vector<std::vector<std::string>>& class_names);

}  // namespace feedline::inline checking
