// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/input_names.h"

#include <algorithm>

namespace feedline::inline schema {

bool is_input_name(std::string_view text, std::string_view output) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text.front()) && text != output &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Status check_input_name(std::string_view text, std::string_view output) {
  if (is_input_name(text, output)) return {};
  return fail(text == output ? "is the name of the output" : "has no name of letters, digits and _");
}

std::vector<std::string> input_names(const std::vector<std::string>& texts, std::string_view output) {
  std::vector<std::string> names;
  for (const std::string& text : texts)
    if (is_input_name(text, output) && std::find(names.begin(), names.end(), text) == names.end())
      names.push_back(text);
  return names;
}

}  // namespace feedline::inline schema
