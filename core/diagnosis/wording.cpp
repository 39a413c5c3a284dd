// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/wording.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::inline diagnosis::wording {

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string rate(double samples_per_s) {
  if (!std::isfinite(samples_per_s)) return "any number of samples/s";
  if (samples_per_s < 99.95) return fmt::format("{:.3g} samples/s", samples_per_s);
  std::string digits = fmt::format("{:.0f}", samples_per_s);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits + " samples/s";
}

std::string time(double seconds) {
  if (seconds >= 0.9995) return fmt::format("{:.3g} s", seconds);
  if (seconds >= 0.9995e-3) return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.3g} µs", seconds * 1e6);
}

std::string times(double ratio) { return fmt::format("{:.2f} times", ratio); }

std::string bytes(double bytes) {
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes * 1e-9);
  if (bytes >= 1e6) return fmt::format("{:.0f} MB", bytes * 1e-6);
  return fmt::format("{:.0f} kB", bytes * 1e-3);
}

}  // namespace feedline::inline diagnosis::wording
