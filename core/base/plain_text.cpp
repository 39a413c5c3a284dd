// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"

#include <fmt/format.h>

#include <optional>

namespace feedline::inline base {
namespace {

enum class Breaks { Escape, ToSpaces, Keep };

/// Bytes of the UTF-8 character at `at`; 0: there is none.
std::size_t length_of(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (length > 2) {  // overlong forms, surrogates, beyond U+10FFFF
    const unsigned char second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F))
      return 0;
  }
  return length;
}

/// Control characters, line and paragraph separators, and what turns the direction of writing.
bool steers(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (character.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  if (character.size() != 3 || byte(0) != 0xE2) return false;
  if (byte(1) == 0x80) return byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE);
  return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The byte that "\xHH" at `at` stands for.
std::optional<char> escaped_at(std::string_view text, std::size_t at) {
  if (at + 4 > text.size() || text[at] != '\\' || text[at + 1] != 'x') return std::nullopt;
  const int high = hex_digit(text[at + 2]);
  const int low = hex_digit(text[at + 3]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

std::string cleaned(std::string_view text, Breaks breaks, bool name) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = length_of(text, at);
    const std::string_view character = text.substr(at, length == 0 ? 1 : length);
    at += character.size();
    const bool is_break = character == "\n" || character == "\r" || character == "\t";
    if (is_break && breaks == Breaks::ToSpaces) {
      clean += ' ';
    } else if (is_break && breaks == Breaks::Keep && character != "\r") {
      clean += character;
    } else if (length == 0 || steers(character) || (name && escaped_at(text, at - 1))) {
      for (const char c : character) clean += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      clean += character;
    }
  }
  return clean;
}

}  // namespace

std::string escape_name(std::string_view raw) { return cleaned(raw, Breaks::Escape, true); }
std::string plain_line(std::string_view text) { return cleaned(text, Breaks::ToSpaces, false); }
std::string plain_text(std::string_view text) { return cleaned(text, Breaks::Keep, false); }

std::string unescape_name(std::string_view shown) {
  std::string raw;
  for (std::size_t at = 0; at < shown.size();) {
    const auto byte = escaped_at(shown, at);
    raw += byte ? *byte : shown[at];
    at += byte ? 4 : 1;
  }
  return raw;
}

}  // namespace feedline::inline base
