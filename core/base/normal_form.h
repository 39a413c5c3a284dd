// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace feedline::inline base {

/// The one form (Unicode NFC) of a text that can be written in several: "é" as one character, or as "e" and an accent,
/// as file systems of Apple's have it. Two names are the same class when their normal forms are equal. Text that is no
/// UTF-8 stays as it is.
[[nodiscard]] std::string normal_form(std::string_view text);

}  // namespace feedline::inline base
