// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace feedline::inline base::numbers {
namespace {

constexpr std::string_view kNothing = "-";

}  // namespace

std::string count(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string rate(double per_second) {
  if (!std::isfinite(per_second) || per_second < 0) return std::string(kNothing);
  if (per_second >= 99.95) return count(static_cast<std::uint64_t>(std::llround(std::min(per_second, 1e18))));
  if (per_second == 0) return "0";
  return fmt::format("{:.3g}", per_second);
}

std::string percent(double fraction, int decimals) {
  if (!std::isfinite(fraction)) return std::string(kNothing);
  return fmt::format("{:.{}f} %", fraction * 100, decimals);
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return std::string(kNothing);
  if (seconds < 9.995e-4) return fmt::format("{:.2f} ms", seconds * 1e3);
  if (seconds < 0.9995) return fmt::format("{:.{}f} ms", seconds * 1e3, seconds < 0.09995 ? 1 : 0);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(std::min(seconds, 1e15));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string countdown(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return std::string(kNothing);
  const auto whole = static_cast<long long>(std::ceil(std::min(seconds, 1e15)));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bytes(std::uint64_t n) {
  constexpr std::array<std::string_view, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(n);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 || value >= 99.5 ? 0 : 1, units[unit]);
}

std::string loss(double value) {
  if (!std::isfinite(value)) return std::string(kNothing);
  const double size = std::abs(value);
  if (size != 0 && (size < 5e-4 || size >= 1e4)) return fmt::format("{:.3g}", value);
  return fmt::format("{:.4f}", value);
}

std::string plural(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", count(n), noun, n == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& parts, std::size_t most, std::string_view quote) {
  std::string text;
  for (std::size_t i = 0; i < parts.size() && i < most; ++i)
    text += fmt::format("{}{}{}{}", i == 0 ? "" : ", ", quote, parts[i], quote);
  if (parts.size() > most) text += fmt::format(" and {} more", parts.size() - most);
  return text;
}

}  // namespace feedline::inline base::numbers
