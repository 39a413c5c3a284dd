// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "cli/exit_code.h"

#include <cstddef>
#include <cstdio>
#include <string_view>

namespace feedline::cli {

/// Call first: a reader that goes away (`| head`) must not kill a run, and a closed standard stream must not let a data
/// file take its number.
void prepare_standard_streams();

/// Writes text; a failure (a reader that went away) is no reason to stop.
void put(std::FILE* stream, std::string_view text);
/// The same with a line end; control characters, which would steer the terminal, are escaped (base/plain_text.h).
void put_line(std::FILE* stream, std::string_view text);
/// "error: ..." on standard error, one line.
void complain(const Error& error);
/// complain(), and the exit code that goes with it.
[[nodiscard]] ExitCode refuse(const Error& error);
/// "warning: ..." on standard error, one line.
void warn(const Error& error);

/// Flushes standard output. An error unless everything arrived; a reader that went away counts as arrived unless
/// `reader_needed`.
[[nodiscard]] Status flush_output(bool reader_needed);

/// Does a live line make sense there?
[[nodiscard]] bool is_terminal(std::FILE* stream);
/// Columns of the terminal, else of $COLUMNS, else `otherwise`; at least 40.
[[nodiscard]] std::size_t width_of(std::FILE* stream, std::size_t otherwise = 100);
/// Lines of the terminal; 24 where they are not known.
[[nodiscard]] std::size_t height_of(std::FILE* stream);

}  // namespace feedline::cli
