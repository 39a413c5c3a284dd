// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Text from the outside (names of files, folders and classes, titles of graphs, what a library said) may hold anything:
// bytes that are no UTF-8, line breaks, escape sequences that steer a terminal. One scheme for all that is shown or
// written: such a byte stands as \xHH, two hexadecimal digits, in the window, the terminal, JSON, CSV and reports
// alike.

#include <string>
#include <string_view>

namespace feedline::inline base {

/// A name as it may be shown: bytes that are no UTF-8, control characters and those that turn the direction of writing
/// become \xHH. So does a backslash that stands before "xHH", so that unescape_name() gives back the very bytes.
/// For raw names, once: not for what is escaped already.
[[nodiscard]] std::string escape_name(std::string_view raw);
/// The bytes that a shown name stands for.
[[nodiscard]] std::string unescape_name(std::string_view shown);

/// One line for people: as escape_name(), but line breaks and tabs become spaces and backslashes stay, so that doing it
/// twice is doing it once.
[[nodiscard]] std::string plain_line(std::string_view text);
/// The same for text of many lines: line breaks and tabs stay.
[[nodiscard]] std::string plain_text(std::string_view text);

}  // namespace feedline::inline base
