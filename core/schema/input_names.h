// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Nodes whose inputs are named by a parameter, a list of names.

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

/// May an input have this name: letters, digits and _, no digit first? Not that of the output.
[[nodiscard]] bool is_input_name(std::string_view text, std::string_view output);
/// The same with what is wrong with it.
[[nodiscard]] Status check_input_name(std::string_view text, std::string_view output);
/// Those that can be names of ports, each once: faulty ones are the check's to report.
[[nodiscard]] std::vector<std::string> input_names(const std::vector<std::string>& texts, std::string_view output);

}  // namespace feedline::inline schema
