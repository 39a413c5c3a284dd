// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// The number that a whole cell is: sign, digits, a point (or a comma), an exponent. No blanks, no groups, no "inf".
/// False: it is none, or none that a double can hold. Independent of the locale.
[[nodiscard]] bool parse_cell(std::string_view cell, bool decimal_comma, double& value);

/// The same for a cell behind whose beginning at least kReadableCell bytes may be read, whatever they are. Most numbers
/// of tables are then read eight digits at a time.
inline constexpr std::size_t kReadableCell = 24;
[[nodiscard]] bool parse_readable_cell(std::string_view cell, bool decimal_comma, double& value);

/// What stands for "no value" besides an empty cell.
class MissingTokens {
 public:
  MissingTokens() = default;
  explicit MissingTokens(std::vector<std::string> tokens);
  [[nodiscard]] bool operator()(std::string_view cell) const {
    if (cell.empty()) return true;
    if (cell.size() > longest_ || !begins_.test(static_cast<unsigned char>(cell.front()))) return false;
    return is_token(cell);
  }

 private:
  [[nodiscard]] bool is_token(std::string_view cell) const;
  std::vector<std::string> tokens_{};
  std::bitset<256> begins_{};
  std::size_t longest_ = 0;
};

/// The order of class names: stretches of digits count as numbers, so that "class 10" comes behind "class 9"; names
/// that are numbers as a whole come first, by their value.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace feedline::inline nodes
