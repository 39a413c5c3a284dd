// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/cell_value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kLongestNumber = 512;  // a double's digits written out in full are fewer
constexpr std::size_t kExactDigits = 15;     // whole numbers of so many digits are doubles
constexpr std::array<double, kExactDigits + 1> kPowersOfTen{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

bool is_cell_digit(char c) { return c >= '0' && c <= '9'; }

/// Where the digits at the beginning of `text` end, without zeros in front of them.
std::pair<std::string_view, std::size_t> digit_run(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_cell_digit(text[end])) ++end;
  std::size_t begin = 0;
  while (begin + 1 < end && text[begin] == '0') ++begin;
  return {text.substr(begin, end - begin), end};
}

/// At most 15 digits, perhaps with a point between two of them: both the digits as a whole number and the power of ten
/// are doubles, so that their quotient is rounded once, to the nearest double. Source: W. D. Clinger, "How to read
/// floating point numbers accurately", PLDI 1990. False: it is longer, or no such number.
bool parse_short(std::string_view cell, char point, double& value) {
  std::int64_t digits = 0;
  std::size_t i = 0;
  for (; i < cell.size() && is_cell_digit(cell[i]); ++i) digits = digits * 10 + (cell[i] - '0');
  if (i == cell.size() && i <= kExactDigits) {
    value = static_cast<double>(digits);
    return true;
  }
  if (i == 0 || i + 1 >= cell.size() || cell[i] != point) return false;
  const std::size_t whole = i;
  for (++i; i < cell.size() && is_cell_digit(cell[i]); ++i) digits = digits * 10 + (cell[i] - '0');
  if (i != cell.size()) return false;
  value = static_cast<double>(digits) / kPowersOfTen[cell.size() - whole - 1];
  return true;
}

constexpr std::uint64_t kEachByte = 0x0101010101010101U;

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

/// The whole number that the first `count` (1 to 8) of eight characters are, the first one in the lowest byte. False:
/// they are not all digits. Source: D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and
/// Experience 51 (2021).
bool parse_digits(std::uint64_t bytes, std::size_t count, std::uint64_t& value) {
  constexpr std::uint64_t kZeros = kEachByte * '0';
  constexpr std::uint64_t kHighs = kEachByte * 0xF0U;
  const std::size_t bits = 8 * count;
  std::uint64_t text = bytes << (64 - bits) | kZeros >> 1U >> (bits - 1);  // zeros in front, in the low bytes
  const std::uint64_t carried = (text + kEachByte * 6) & kHighs;
  if (((text & kHighs) | carried >> 4U) != kEachByte * 0x33U) return false;
  text = (text & kEachByte * 0x0FU) * 2561U >> 8U;
  text = (text & 0x00FF00FF00FF00FFU) * 6553601U >> 16U;
  value = (text & 0x0000FFFF0000FFFFU) * 42949672960001U >> 32U;
  return true;
}

/// Which of eight characters is the first one of these, from 0; 8: none is.
std::size_t place_of(std::uint64_t bytes, char sign) {
  const std::uint64_t same = bytes ^ kEachByte * static_cast<unsigned char>(sign);
  const std::uint64_t zero = (same - kEachByte) & ~same & kEachByte * 0x80U;
  return static_cast<std::size_t>(std::countr_zero(zero)) / 8;
}

/// parse_short() where there are at most eight digits on each side of the point. Which of the two kinds of number it is
/// hardly changes within a column, how long it is does: so only the kind is guessed by the processor.
bool parse_readable(std::string_view cell, char point, double& value) {
  const std::uint64_t head = eight_bytes(cell.data());
  const std::size_t place = place_of(head, point);
  std::uint64_t whole = 0;
  if (place >= cell.size() || place == 8) {
    if (cell.size() > 8 || !parse_digits(head, cell.size(), whole)) return false;
    value = static_cast<double>(whole);
    return true;
  }
  const std::size_t count = cell.size() - place - 1;
  if (place == 0 || count - 1 > 7) return false;  // 0 is none of 1 to 8 either
  std::uint64_t part = 0;
  const bool digits = parse_digits(head, place, whole);
  if (!parse_digits(eight_bytes(cell.data() + place + 1), count, part) || !digits) return false;
  const double power = kPowersOfTen[count];
  value = static_cast<double>(whole * static_cast<std::uint64_t>(power) + part) / power;
  return true;
}

bool parse_whole(std::string_view cell, double& value) {
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size();
}

bool parse_with_comma(std::string_view cell, double& value) {
  if (cell.find('.') != std::string_view::npos) return false;
  std::array<char, kLongestNumber> with_point{};
  std::replace_copy(cell.begin(), cell.end(), with_point.begin(), ',', '.');
  return parse_whole({with_point.data(), cell.size()}, value);
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
  if (cell.size() <= kExactDigits + 1 && parse_short(cell, decimal_comma ? ',' : '.', value)) {
    if (negative) value = -value;
    return true;
  }
  if (!is_cell_digit(cell.front()) && cell.front() != (decimal_comma ? ',' : '.')) return false;
  double parsed = 0;
  if (!(decimal_comma ? parse_with_comma(cell, parsed) : parse_whole(cell, parsed))) return false;
  value = negative ? -parsed : parsed;
  return true;
}

bool parse_readable_cell(std::string_view cell, bool decimal_comma, double& value) {
  if constexpr (std::endian::native == std::endian::little) {
    std::string_view digits = cell;
    const bool negative = !cell.empty() && cell.front() == '-';
    if (negative) digits.remove_prefix(1);
    const bool fits = !digits.empty() && digits.size() <= kExactDigits + 1;
    if (fits && parse_readable(digits, decimal_comma ? ',' : '.', value)) {
      const std::uint64_t sign = std::uint64_t{negative} << 63U;  // as often as not: not to be guessed
      value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) ^ sign);
      return true;
    }
  }
  return parse_cell(cell, decimal_comma, value);
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
