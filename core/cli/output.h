// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace feedline::cli {

/// An option such as --json that says where a result goes: --json PATH, --json -, or --json alone for the standard
/// output. A value that names a file of another kind is refused: 'predict CKPT --json photo.jpg' would overwrite it.
void add_result_option(CLI::App& command, const std::string& name, std::string& path, const std::string& text);

/// Is this the standard output?
[[nodiscard]] inline bool is_standard_output(std::string_view path) { return path == "-"; }

/// Paths are as a person writes them (base/user_path.h).

/// Could a result be written there? Asked before a long run, so that no result is lost at its end for a missing folder.
[[nodiscard]] Status check_writable(const std::string& path);

/// Writes a result to a file, or to the standard output for "-". A regular file is written beside its place and then
/// renamed, so that readers never see half of it. The error names the file.
[[nodiscard]] Status write_result(const std::string& path, std::string_view text);

}  // namespace feedline::cli
