// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace feedline::inline base {

/// Where what this process says is read. Advice in the window speaks of panels and buttons, in the terminal of commands
/// and options.
enum class Surface { Terminal, Window };

/// Set once, before anything is said; a process is a terminal's until then. From any thread.
void set_surface(Surface surface);

/// The one of the two that can be followed here.
[[nodiscard]] std::string advice(std::string_view in_window, std::string_view in_terminal);

}  // namespace feedline::inline base
