// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Which lines belong together, so that a split can keep them on one side.
enum class LineGroups : std::uint8_t {
  None,
  Column,     ///< those whose texts have the same name and a tab in front
  BlankLines  ///< those between two empty lines
};
/// Of a parameter that says so: none, column or blank_lines.
inline constexpr std::string_view kLineGroupDoc =
    "Which lines belong together, so that a split can keep them on one side. column: those with the same name in front "
    "of their text, which ends with a tab; blank_lines: those between two empty lines.";
[[nodiscard]] LineGroups line_groups(std::string_view name);

/// How the lines of a file are read.
struct TextLineRules {
  std::string encoding = "auto";  ///< or a name that ICU knows
  bool label_last = false;        ///< the class stands behind the last tab, not in front of the first
  std::string header = "auto";    ///< auto, yes, no: the first line names what follows and is no record
  LineGroups groups = LineGroups::None;
  std::string group_name = "group";  ///< by which a split asks for them
};

/// A text and a label.
[[nodiscard]] std::vector<TensorDesc> text_and_label(Dim classes, std::vector<std::string> names);

/// A source of the records of a file, one a line: a class and a text with a tab between. Only the places of the lines
/// are kept, 16 bytes each, and with groups 4 more. A file that is packed or not UTF-8 is read from a copy in the cache
/// folder (see open_plain()). Errors name the file: those of open_plain(); no lines, no label or no group at all, too
/// many labels, a line of over 16 MiB; stopped.
[[nodiscard]] Result<std::unique_ptr<Source>> open_text_lines(const std::string& path, const TextLineRules& rules,
                                                              const SourceContext& context);

}  // namespace feedline::inline nodes
