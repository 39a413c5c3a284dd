// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <string_view>

namespace feedline::inline base {

struct WrittenNumber {
  long double value = 0;
  std::size_t length = 0;  ///< bytes of the text that it takes
};

/// The number that `text` begins with: digits with either decimal sign, groups of three, an exponent; no sign before
/// it. Errors: none begins here, it can be read in two ways ("60,000"), or it is too large for a long double.
[[nodiscard]] Result<WrittenNumber> read_number(std::string_view text);

}  // namespace feedline::inline base
