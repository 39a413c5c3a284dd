// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/format.h"

#include <algorithm>

namespace feedline::cli {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string fit(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  const std::size_t keep = width > 3 ? width - 3 : width;
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at)
    if (!continues(text[at]) && seen++ == keep) break;
  return std::string(text.substr(0, at)) + (width > 3 ? "..." : "");
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent, std::size_t start) {
  const std::string margin(indent, ' ');
  std::string out;
  std::size_t used = start;
  bool first_word = true;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n' || text[at] == ' ') {
      if (text[at++] == '\n') {
        out += '\n';
        out += margin;
        used = indent;
        first_word = true;
      }
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::size_t need = columns(word);
    if (!first_word && used + 1 + need > width) {
      out += '\n';
      out += margin;
      used = indent;
      first_word = true;
    }
    if (!first_word) out += ' ';
    used += need + (first_word ? 0 : 1);
    out += word;
    first_word = false;
    at = end;
  }
  return out;
}

}  // namespace feedline::cli
