// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/written_number.h"

#include <charconv>
#include <string>

namespace feedline::inline base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count])) ++count;
  return count;
}

/// Bytes of a sign that only ever parts groups, at the start of the text; 0 if there is none.
std::size_t group_sign(std::string_view text) {
  for (const std::string_view sign : {"_", " ", "'", "\u00a0", "\u202f"})
    if (text.substr(0, sign.size()) == sign) return sign.size();
  return 0;
}

/// The digits before the decimal sign, in groups by a sign that does nothing else, or in one piece.
std::size_t take_whole(std::string_view text, std::string& digits) {
  std::size_t at = digits_at(text, 0);
  digits += text.substr(0, at);
  if (at == 0 || at > 3) return at;
  const std::size_t wide = group_sign(text.substr(at));
  const std::string_view sign = text.substr(at, wide);
  while (wide > 0 && text.substr(at, wide) == sign && digits_at(text, at + wide) == 3) {
    digits += text.substr(at + wide, 3);
    at += wide + 3;
  }
  return at;
}

std::size_t exponent_at(std::string_view text, std::size_t at) {
  if (at >= text.size() || (text[at] != 'e' && text[at] != 'E')) return 0;
  const std::size_t sign = at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-') ? 1 : 0;
  const std::size_t digits = digits_at(text, at + 1 + sign);
  return digits == 0 ? 0 : 1 + sign + digits;
}

tl::unexpected<Error> two_readings(std::string_view text, std::string_view whole) {
  return fail("'" + std::string(text) + "' can be read as " + std::string(text.substr(0, whole.size())) + " or as " +
                  std::string(whole) + std::string(text.substr(whole.size() + 1)),
              "Write it without the comma, or with a point as the decimal sign");
}

/// Points and commas behind `at`: groups where that is certain, else the decimal sign and what follows it.
Result<std::size_t> take_rest(std::string_view text, std::size_t at, std::string& digits) {
  const auto is_sign = [&](std::size_t where) {
    return where < text.size() && (text[where] == '.' || text[where] == ',');
  };
  const std::string_view whole = text.substr(0, at);
  if (is_sign(at) && at >= 1 && at <= 3 && text[0] != '0') {
    std::size_t end = at;
    std::size_t groups = 0;
    const char sign = text[at];
    for (; is_sign(end) && text[end] == sign && digits_at(text, end + 1) == 3; ++groups) end += 4;
    const bool other = is_sign(end) && text[end] != sign;
    if (groups > 1 || (groups == 1 && other)) {
      for (std::size_t i = at; i < end; i += 4) digits += text.substr(i + 1, 3);
      at = end;
    } else if (groups == 1 && sign == ',') {
      return two_readings(text.substr(0, end), whole);
    }
  }
  if (!is_sign(at)) return at;
  const std::size_t count = digits_at(text, at + 1);
  digits += '.';
  digits += text.substr(at + 1, count);
  return at + 1 + count;
}

}  // namespace

Result<WrittenNumber> read_number(std::string_view text) {
  std::string plain;
  const Result<std::size_t> end = take_rest(text, take_whole(text, plain), plain);
  if (!end) return fail(end.error());
  if (plain.empty() || plain == ".") return fail("there is no number");
  const std::size_t exponent = exponent_at(text, *end);
  // from_chars takes no plus in the exponent of every library.
  for (const char c : text.substr(*end, exponent))
    if (c != '+') plain += c;
  WrittenNumber number{.length = *end + exponent};
  if (plain.front() == '.') plain.insert(0, "0");
  const auto [stop, fault] = std::from_chars(plain.data(), plain.data() + plain.size(), number.value);
  if (fault == std::errc::result_out_of_range)
    return fail("'" + std::string(text.substr(0, number.length)) + "' is too large or too small for a number");
  if (fault != std::errc{} || stop != plain.data() + plain.size()) return fail("there is no number");
  return number;
}

}  // namespace feedline::inline base
