// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/text/unicode_text.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Words are those of Unicode's text segmentation (UAX #29) that hold a letter, a digit or an ideograph: "don't", "3.14"
// and "foo_bar" are one word each, blanks and punctuation are none; ICU's dictionaries cut Chinese, Japanese and Thai.

namespace feedline::inline nodes {

/// Where a word stands in its text, in bytes.
struct WordPlace {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// The words of any UTF-8 text, found by ICU. Valid until this thread's next call.
[[nodiscard]] std::span<const WordPlace> unicode_words(std::string_view text);

/// What the characters of ASCII are to the rules of words. Asked of ICU once, since its releases differ (is "a:b" one
/// word?): the fast way gives the same words as the other.
struct AsciiWords {
  /// kMeaning: makes a word of what it stands in. ICU 72 counts @ among the letters, but it has none.
  enum : std::uint8_t { kLetter = 1, kDigit = 2, kJoiner = 4, kBetweenLetters = 8, kBetweenDigits = 16, kMeaning = 32 };
  std::array<std::uint8_t, 256> of{};
  [[nodiscard]] static const AsciiWords& table();
};

/// Calls found(word) for each word of the text, in order.
template <class Found>
void for_each_word(std::string_view text, Found found) {
  if (!is_ascii(text)) {
    for (const WordPlace& word : unicode_words(text)) found(text.substr(word.begin, word.end - word.begin));
    return;
  }
  using Rules = AsciiWords;
  constexpr std::uint8_t kInside = Rules::kLetter | Rules::kDigit | Rules::kJoiner;
  const auto& of = Rules::table().of;
  const auto kind = [&](std::size_t at) { return of[static_cast<unsigned char>(text[at])]; };
  for (std::size_t at = 0; at < text.size();) {
    if ((kind(at) & kInside) == 0) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    std::uint8_t seen = 0;
    for (;;) {
      for (; at < text.size() && (kind(at) & kInside) != 0; ++at) seen |= kind(at);
      if (at + 1 >= text.size()) break;
      const std::uint8_t between = kind(at);
      const std::uint8_t sides = kind(at - 1) & kind(at + 1);
      const bool joins = ((between & Rules::kBetweenLetters) != 0 && (sides & Rules::kLetter) != 0) ||
                         ((between & Rules::kBetweenDigits) != 0 && (sides & Rules::kDigit) != 0);
      if (!joins) break;
      ++at;
    }
    if ((seen & Rules::kMeaning) != 0) found(text.substr(begin, at - begin));
  }
}

}  // namespace feedline::inline nodes
