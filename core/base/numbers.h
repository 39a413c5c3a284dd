// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline base::numbers {

// Numbers as people read them. Numbers without meaning (NaN, infinite) become "-".

/// 1240 -> "1,240".
[[nodiscard]] std::string count(std::uint64_t n);
/// Things a second, three significant digits below a hundred: "1,240", "63.4", "0.042".
[[nodiscard]] std::string rate(double per_second);
/// 0.634 -> "63 %", with one decimal "63.4 %".
[[nodiscard]] std::string percent(double fraction, int decimals = 0);
/// A measured time: "0.32 ms", "3.2 ms", "12.3 s", "1 min 12 s", "2 h 05 min".
[[nodiscard]] std::string duration(double seconds);
/// Time to go: "0:42", "1:02:03".
[[nodiscard]] std::string countdown(double seconds);
/// "1.2 GiB".
[[nodiscard]] std::string bytes(std::uint64_t n);
/// A loss: four decimals, or an exponent where those say nothing.
[[nodiscard]] std::string loss(double value);
/// "1 node", "2 nodes".
[[nodiscard]] std::string plural(std::uint64_t n, std::string_view noun);

/// "a, b, c and 4 more": at most so many, each between `quote`s.
[[nodiscard]] std::string listed(const std::vector<std::string>& parts, std::size_t most = 5,
                                 std::string_view quote = {});

}  // namespace feedline::inline base::numbers
