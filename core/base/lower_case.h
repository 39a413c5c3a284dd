// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace feedline::inline base {

/// ASCII letters only; all other bytes, UTF-8 too, stay as they are. Locales do not matter.
[[nodiscard]] constexpr char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = lower_case(c);
  return low;
}

}  // namespace feedline::inline base
