// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace feedline::cli {

/// Lays help out for the width of the terminal, at most 100 columns.
[[nodiscard]] std::shared_ptr<CLI::FormatterBase> help_formatter();
/// A paragraph wrapped for help.
[[nodiscard]] std::string paragraph(const std::string& text);

/// Adds paragraphs to the short description that the subcommand was made with.
void explain(CLI::App& command, const std::string& text);

/// One line for a mistake on the command line: what is wrong, the nearest option or subcommand, where help is.
[[nodiscard]] std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace feedline::cli
