// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace feedline::cli {

/// The FILE argument, optional for the parser so that its absence is explained by load_graph().
void add_file(CLI::App& command, std::string& file);
void add_set(CLI::App& command, std::vector<std::string>& set);

}  // namespace feedline::cli
