// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/named_tensors.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline state {

/// One tensor of what a fitted node has learnt, as people read it.
struct LearntLine {
  std::string name{};                 ///< of a list of texts without its ending
  std::string shape{};                ///< "F64 3", "F32 10×64", "I64" (one number), "1,204 texts"
  std::vector<std::string> values{};  ///< the first ones; texts on one line, whatever is in them
  bool more = false;                  ///< there are more than `values` has
};

/// A line a tensor, by name, each with the first `most` values.
[[nodiscard]] std::vector<LearntLine> learnt_lines(const NamedTensors& state, std::size_t most);

/// "0.1307, 0.4821, …", "the, of, and, …".
[[nodiscard]] std::string values_text(const LearntLine& line);

}  // namespace feedline::inline state
