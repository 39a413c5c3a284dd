// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/text/unicode_text.h"

#include "base/lower_case.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <utility>
#include <vector>

namespace feedline::inline nodes {
namespace {

constexpr UChar32 kReplacement = 0xFFFD;

/// UTF-16 that grows as it must and keeps its memory.
class WideBuffer {
 public:
  /// `write(target, capacity, error)` as ICU's functions have it: called again with room where there is too little.
  template <class Write>
  bool fill(Write write) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      UErrorCode error = U_ZERO_ERROR;
      length_ = write(data_.data(), static_cast<std::int32_t>(data_.size()), &error);
      if (error != U_BUFFER_OVERFLOW_ERROR) return U_SUCCESS(error) != 0;
      data_.resize(static_cast<std::size_t>(length_) + 1);
    }
    return false;
  }
  [[nodiscard]] const UChar* data() const { return data_.data(); }
  [[nodiscard]] std::int32_t length() const { return length_; }
  /// Leaves out the characters of which `drop(character)` is true.
  template <class Drop>
  void drop_if(Drop drop) {
    std::int32_t to = 0;
    for (std::int32_t at = 0; at < length_;) {
      const std::int32_t begin = at;
      UChar32 character = 0;
      U16_NEXT(data_.data(), at, length_, character);
      if (drop(character)) continue;
      for (std::int32_t i = begin; i < at; ++i)
        data_[static_cast<std::size_t>(to++)] = data_[static_cast<std::size_t>(i)];
    }
    length_ = to;
  }
  /// One blank for each run of white space, none at the ends. All white space is one unit long.
  void squeeze() {
    std::size_t to = 0;
    bool blank_before = true;
    for (std::int32_t at = 0; at < length_; ++at) {
      const UChar unit = data_[static_cast<std::size_t>(at)];
      const bool blank = u_isUWhiteSpace(unit) != 0;
      if (!blank || !blank_before) data_[to++] = blank ? UChar{' '} : unit;
      blank_before = blank;
    }
    if (to > 0 && data_[to - 1] == ' ') --to;
    length_ = static_cast<std::int32_t>(to);
  }

 private:
  std::vector<UChar> data_ = std::vector<UChar>(256);
  std::int32_t length_ = 0;
};

bool is_mark(UChar32 character) { return u_charType(character) == U_NON_SPACING_MARK; }

bool write_wide(std::string_view text, const TextForm& form, std::string& out) {
  thread_local WideBuffer from;
  thread_local WideBuffer to;
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() / 4)) return false;
  const auto bytes = static_cast<std::int32_t>(text.size());
  const bool read = from.fill([&](UChar* target, std::int32_t room, UErrorCode* error) {
    std::int32_t length = 0;
    u_strFromUTF8WithSub(target, room, &length, text.data(), bytes, kReplacement, nullptr, error);
    return length;
  });
  if (!read) return false;
  const auto normalise = [&](const UNormalizer2* (*instance)(UErrorCode*)) {
    UErrorCode found = U_ZERO_ERROR;
    const UNormalizer2* normaliser = instance(&found);
    if (U_FAILURE(found)) return false;
    const bool done = to.fill([&](UChar* target, std::int32_t room, UErrorCode* error) {
      return unorm2_normalize(normaliser, from.data(), from.length(), target, room, error);
    });
    std::swap(from, to);
    return done;
  };
  if (form.strip_accents) {
    if (!normalise(form.compatibility ? unorm2_getNFKDInstance : unorm2_getNFDInstance)) return false;
    from.drop_if(is_mark);
  }
  if (form.lower) {
    const bool done = to.fill([&](UChar* target, std::int32_t room, UErrorCode* error) {
      return u_strToLower(target, room, from.data(), from.length(), "", error);
    });
    if (!done) return false;
    std::swap(from, to);
  }
  // Behind the lower case, which can take a letter apart (İ).
  if ((form.compose || form.compatibility) &&
      !normalise(form.compatibility ? unorm2_getNFKCInstance : unorm2_getNFCInstance))
    return false;
  if (form.squeeze) from.squeeze();
  out.resize(static_cast<std::size_t>(from.length()) * 3);
  std::int32_t written = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strToUTF8(out.data(), static_cast<std::int32_t>(out.size()), &written, from.data(), from.length(), &error);
  out.resize(U_SUCCESS(error) ? static_cast<std::size_t>(written) : 0);
  return U_SUCCESS(error) != 0;
}

/// White space of ASCII as Unicode has it: tab to carriage return, and the blank.
bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void write_ascii(std::string_view text, const TextForm& form, std::string& out) {
  out.resize(text.size());
  if (form.lower) {
    for (std::size_t i = 0; i < text.size(); ++i) out[i] = lower_case(text[i]);
  } else if (!text.empty()) {
    std::memcpy(out.data(), text.data(), text.size());
  }
  if (!form.squeeze) return;
  std::size_t to = 0;
  bool blank_before = true;
  for (const char c : out) {
    const bool blank = is_ascii_blank(c);
    if (!blank || !blank_before) out[to++] = blank ? ' ' : c;
    blank_before = blank;
  }
  if (to > 0 && out[to - 1] == ' ') --to;
  out.resize(to);
}

}  // namespace

bool is_ascii(std::string_view text) {
  std::uint64_t high = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    high |= word;
  }
  for (; at < text.size(); ++at) high |= static_cast<unsigned char>(text[at]);
  return (high & 0x8080808080808080U) == 0;
}

bool write_in_form(std::string_view text, const TextForm& form, std::string& out) {
  if (!is_ascii(text)) return write_wide(text, form, out);
  write_ascii(text, form, out);
  return true;
}

}  // namespace feedline::inline nodes
