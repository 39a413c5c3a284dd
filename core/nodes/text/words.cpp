// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/words.h"

#include <memory>
#include <string>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>
#include <vector>

namespace feedline::inline nodes {
namespace {

struct CloseBreaks {
  void operator()(UBreakIterator* breaks) const { ubrk_close(breaks); }
};

/// A thread's own: it moves as it is read.
struct WordBreaks {
  std::unique_ptr<UBreakIterator, CloseBreaks> breaks{};
  UText text = UTEXT_INITIALIZER;
  std::vector<WordPlace> found{};

  WordBreaks() {
    UErrorCode error = U_ZERO_ERROR;
    breaks.reset(ubrk_open(UBRK_WORD, "", nullptr, 0, &error));
    if (U_FAILURE(error)) breaks.reset();
  }
  ~WordBreaks() { utext_close(&text); }
  WordBreaks(const WordBreaks&) = delete;
  WordBreaks& operator=(const WordBreaks&) = delete;
};

bool has_meaning(std::string_view word) {
  const auto length = static_cast<std::int32_t>(word.size());
  for (std::int32_t at = 0; at < length;) {
    UChar32 character = 0;
    U8_NEXT(reinterpret_cast<const std::uint8_t*>(word.data()), at, length, character);
    if (character >= 0 && u_isalnum(character) != 0) return true;
  }
  return false;
}

/// Is the whole of it one word?
bool is_one_word(const std::string& text) {
  const auto words = unicode_words(text);
  return words.size() == 1 && words[0].begin == 0 && words[0].end == text.size();
}

AsciiWords ask_icu() {
  AsciiWords table;
  for (int code = 1; code < 128; ++code) {
    const char c = static_cast<char>(code);
    std::uint8_t& kind = table.of[static_cast<std::size_t>(code)];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      kind = AsciiWords::kLetter | AsciiWords::kMeaning;
    } else if (c >= '0' && c <= '9') {
      kind = AsciiWords::kDigit | AsciiWords::kMeaning;
    } else if (is_one_word(std::string("a") + c)) {
      kind = is_one_word(std::string("a.") + c) ? AsciiWords::kLetter : AsciiWords::kJoiner;
    } else {
      if (is_one_word(std::string("a") + c + "a")) kind |= AsciiWords::kBetweenLetters;
      if (is_one_word(std::string("1") + c + "1")) kind |= AsciiWords::kBetweenDigits;
    }
  }
  return table;
}

}  // namespace

std::span<const WordPlace> unicode_words(std::string_view text) {
  thread_local WordBreaks own;
  own.found.clear();
  if (own.breaks == nullptr || text.empty()) return {};
  UErrorCode error = U_ZERO_ERROR;
  utext_openUTF8(&own.text, text.data(), static_cast<std::int64_t>(text.size()), &error);
  ubrk_setUText(own.breaks.get(), &own.text, &error);
  if (U_FAILURE(error)) return {};
  std::int32_t begin = ubrk_first(own.breaks.get());
  for (std::int32_t end = ubrk_next(own.breaks.get()); end != UBRK_DONE; end = ubrk_next(own.breaks.get())) {
    const auto from = static_cast<std::uint32_t>(begin);
    const auto to = static_cast<std::uint32_t>(end);
    if (has_meaning(text.substr(from, to - from))) own.found.push_back({from, to});
    begin = end;
  }
  return own.found;
}

const AsciiWords& AsciiWords::table() {
  static const AsciiWords table = ask_icu();
  return table;
}

}  // namespace feedline::inline nodes
