// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <string_view>

namespace feedline::inline base {

/// The number that a person wrote, read as a whole or not at all: "16.0", "1e2", "12,5", "8*4", "1/1000", "2^10 - 1",
/// "(3 + 4) * 2", "sqrt(2)", "60_000", "1,234,567".
///
/// - `+ - * /`, powers `^` and `**` (right to left, before a sign: -2^2 is -4), parentheses, `pi`, `sqrt exp log log2
///   log10 abs round floor ceil`; also `× · ÷ −`, which programs print.
/// - Either decimal sign. Groups of three digits may be parted by `_`, a space or `'`; by a comma or a point where more
///   than one of them, or the other sign behind them, leaves no doubt. "60,000" is refused, because one reads sixty
///   and another sixty thousand; "0,125" and "60.000" are decimal.
/// - With `unit`, the field's own ("MiB", "px", "s"): a number may carry it, or one that converts ("2 GiB" is 2048,
///   "1 min + 30 s" is 90). Without one, "50 %" is 0.5.
///
/// Does not depend on the locale. Errors: the reason names the place in the text; no number that is not finite comes
/// back.
[[nodiscard]] Result<long double> evaluate(std::string_view text, std::string_view unit = {});

}  // namespace feedline::inline base
