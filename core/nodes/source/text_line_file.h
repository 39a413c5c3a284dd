// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <memory>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// How the lines of a file are read.
struct TextLineRules {
  std::string encoding = "auto";  ///< or a name that ICU knows
  bool label_last = false;        ///< the class stands behind the last tab, not in front of the first
  std::string header = "auto";    ///< auto, yes, no: the first line names what follows and is no record
};

/// A text and a label.
[[nodiscard]] std::vector<TensorDesc> text_and_label(Dim classes, std::vector<std::string> names);

/// A source of the records of a file, one a line: a class and a text with a tab between. Only the places of the lines
/// are kept, 16 bytes each. A file that is packed or not UTF-8 is read from a copy in the cache folder (see
/// open_plain()). Errors name the file: those of open_plain(); no lines, no label at all, too many labels, a line of
/// over 16 MiB; stopped.
[[nodiscard]] Result<std::unique_ptr<Source>> open_text_lines(const std::string& path, const TextLineRules& rules,
                                                              const SourceContext& context);

}  // namespace feedline::inline nodes
