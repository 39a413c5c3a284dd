// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/identifiers.h"

#include <algorithm>

namespace feedline::inline graph {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_inner(char c) { return is_letter(c) || is_digit(c) || c == '-'; }

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdLength && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), is_inner);
}

std::string to_id(std::string_view text) {
  std::string id;
  for (const char c : text) id += is_inner(c) ? c : '_';
  if (id.find_first_not_of('_') == std::string::npos) id = "node";
  if (!is_letter(id.front())) id.insert(id.begin(), '_');
  return id.substr(0, kMaxIdLength);
}

}  // namespace feedline::inline graph
