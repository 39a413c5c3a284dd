// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::cli {

/// All node types by category, one line each.
[[nodiscard]] std::string node_list(const std::vector<const NodeSpec*>& specs, std::size_t width);
/// The help page of one node type.
[[nodiscard]] std::string node_page(const NodeSpec& spec, std::size_t width);
/// A JSON array of whole specs; limits that are not set are null. Described in resources/help/command-line.md.
[[nodiscard]] std::string node_json(const std::vector<const NodeSpec*>& specs);

}  // namespace feedline::cli
