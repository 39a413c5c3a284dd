// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/cell_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kLongestNumber = 512;  // a double's digits written out in full are fewer
constexpr std::size_t kExactDigits = 15;     // whole numbers of so many digits are doubles

bool is_cell_digit(char c) { return c >= '0' && c <= '9'; }

/// Where the digits at the beginning of `text` end, without zeros in front of them.
std::pair<std::string_view, std::size_t> digit_run(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_cell_digit(text[end])) ++end;
  std::size_t begin = 0;
  while (begin + 1 < end && text[begin] == '0') ++begin;
  return {text.substr(begin, end - begin), end};
}

}  // namespace

bool parse_cell(std::string_view cell, bool decimal_comma, double& value) {
  if (cell.empty() || cell.size() > kLongestNumber) return false;
  bool negative = false;
  if (cell.front() == '-' || cell.front() == '+') {
    negative = cell.front() == '-';
    cell.remove_prefix(1);
    if (cell.empty()) return false;
  }
  if (cell.size() <= kExactDigits) {
    std::int64_t whole = 0;
    std::size_t i = 0;
    for (; i < cell.size() && is_cell_digit(cell[i]); ++i) whole = whole * 10 + (cell[i] - '0');
    if (i == cell.size()) {
      const auto exact = static_cast<double>(whole);
      value = negative ? -exact : exact;
      return true;
    }
  }
  const char mark = decimal_comma ? ',' : '.';
  if (!is_cell_digit(cell.front()) && cell.front() != mark) return false;
  std::array<char, kLongestNumber> with_point{};
  if (decimal_comma) {
    if (cell.find('.') != std::string_view::npos) return false;
    std::replace_copy(cell.begin(), cell.end(), with_point.begin(), ',', '.');
    cell = {with_point.data(), cell.size()};
  }
  double parsed = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), parsed);
  if (error != std::errc() || end != cell.data() + cell.size()) return false;
  value = negative ? -parsed : parsed;
  return true;
}

MissingTokens::MissingTokens(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
  for (const std::string& token : tokens_) {
    if (token.empty()) continue;
    begins_.set(static_cast<unsigned char>(token.front()));
    longest_ = std::max(longest_, token.size());
  }
}

bool MissingTokens::is_token(std::string_view cell) const {
  return std::find(tokens_.begin(), tokens_.end(), cell) != tokens_.end();
}

bool natural_less(std::string_view a, std::string_view b) {
  double left = 0;
  double right = 0;
  const bool left_number = parse_cell(a, false, left);
  const bool right_number = parse_cell(b, false, right);
  if (left_number != right_number) return left_number;
  if (left_number && left != right) return left < right;
  std::string_view x = a;
  std::string_view y = b;
  while (!x.empty() && !y.empty()) {
    if (is_cell_digit(x.front()) && is_cell_digit(y.front())) {
      const auto [x_digits, x_end] = digit_run(x);
      const auto [y_digits, y_end] = digit_run(y);
      if (x_digits.size() != y_digits.size()) return x_digits.size() < y_digits.size();
      if (x_digits != y_digits) return x_digits < y_digits;
      x.remove_prefix(x_end);
      y.remove_prefix(y_end);
      continue;
    }
    if (x.front() != y.front()) return static_cast<unsigned char>(x.front()) < static_cast<unsigned char>(y.front());
    x.remove_prefix(1);
    y.remove_prefix(1);
  }
  if (x.empty() != y.empty()) return x.empty();
  return a < b;
}

}  // namespace feedline::inline nodes
