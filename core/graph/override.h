// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "graph/edit.h"

namespace feedline {

/// Turns `node.param=text` of `--set` into an edit. Errors: no such node or parameter (with the nearest name), text that
/// is not of the parameter's kind, out of range.
[[nodiscard]] Result<Edit> parse_override(const Document& document, std::string_view assignment,
                                          const Registry& registry = Registry::instance());

}  // namespace feedline
