// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/column_names.h"

#include "base/lower_case.h"
#include "base/numbers.h"
#include "base/plain_text.h"
#include "schema/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kLongestColumnName = 200;  // bytes; a longer one is rather a text
constexpr std::size_t kNamedColumns = 8;

std::string shown_column(std::string_view written) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = written.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  written = written.substr(begin, written.find_last_not_of(kBlanks) - begin + 1);
  if (written.size() > kLongestColumnName) {
    std::size_t end = kLongestColumnName;
    while (end > 0 && (static_cast<unsigned char>(written[end]) & 0xC0) == 0x80) --end;
    written = written.substr(0, end);
  }
  return plain_line(written);
}

}  // namespace

std::vector<std::string> column_names(const std::vector<std::string>& written) {
  std::vector<std::string> names;
  names.reserve(written.size());
  std::unordered_map<std::string, std::size_t> taken;  // how often a name was asked for
  for (std::size_t i = 0; i < written.size(); ++i) {
    std::string name = shown_column(written[i]);
    if (name.empty()) name = fmt::format("column_{}", i + 1);
    if (const auto same = taken.find(name); same != taken.end()) {
      std::string numbered;
      do numbered = fmt::format("{}_{}", name, ++same->second);
      while (taken.contains(numbered));
      name = std::move(numbered);
    }
    taken.emplace(name, 1);
    names.push_back(std::move(name));
  }
  return names;
}

Result<std::size_t> find_column(const std::vector<std::string>& names, std::string_view name,
                                std::string_view parameter) {
  if (const auto same = std::find(names.begin(), names.end(), name); same != names.end())
    return static_cast<std::size_t>(same - names.begin());
  std::optional<std::size_t> similar;
  std::size_t alike = 0;
  const std::string low = lower_case(name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].size() != low.size() || lower_case(names[i]) != low) continue;
    similar = i;
    ++alike;
  }
  if (alike == 1) return *similar;
  const std::string near = nearest_word(name, names);
  return fail(Error{.reason = fmt::format("the table has no column '{}'", plain_line(name)),
                    .remedy = near.empty() ? "Its columns are " + numbers::listed(names, kNamedColumns, "'")
                                           : fmt::format("Did you mean '{}'?", near),
                    .parameter = std::string(parameter)});
}

}  // namespace feedline::inline nodes
