// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to diagnosis: numbers and degrees in words.

#include <string>
#include <string_view>

namespace feedline::inline diagnosis::wording {

/// 0.634 -> "63 %".
[[nodiscard]] std::string percent(double share);
/// "1,940 samples/s", three significant digits below a hundred.
[[nodiscard]] std::string rate(double samples_per_s);
/// "2.1 ms", "640 µs", "1.2 s".
[[nodiscard]] std::string time(double seconds);
/// "1.4 times".
[[nodiscard]] std::string times(double ratio);
/// "12 MB", "1.4 GB".
[[nodiscard]] std::string bytes(double bytes);

}  // namespace feedline::inline diagnosis::wording
