// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/units.h"

namespace feedline::inline base {
namespace {

enum class Quantity { Time, Bytes, Share };

struct Unit {
  std::string_view word;
  Quantity quantity;
  long double size;
};

constexpr Unit kUnits[] = {
    {"ns", Quantity::Time, 1e-9L},     {"us", Quantity::Time, 1e-6L},     {"µs", Quantity::Time, 1e-6L},
    {"ms", Quantity::Time, 1e-3L},     {"s", Quantity::Time, 1},          {"min", Quantity::Time, 60},
    {"h", Quantity::Time, 3600},       {"B", Quantity::Bytes, 1},         {"kB", Quantity::Bytes, 1e3L},
    {"MB", Quantity::Bytes, 1e6L},     {"GB", Quantity::Bytes, 1e9L},     {"TB", Quantity::Bytes, 1e12L},
    {"KiB", Quantity::Bytes, 0x1p10L}, {"MiB", Quantity::Bytes, 0x1p20L}, {"GiB", Quantity::Bytes, 0x1p30L},
    {"TiB", Quantity::Bytes, 0x1p40L}, {"%", Quantity::Share, 0.01L},
};

const Unit* find(std::string_view word) {
  for (const Unit& unit : kUnits)
    if (unit.word == word) return &unit;
  return nullptr;
}

}  // namespace

std::optional<long double> unit_factor(std::string_view from, std::string_view to) {
  if (from == to) return 1;
  const Unit* source = find(from);
  if (source == nullptr) return std::nullopt;
  if (to.empty()) return source->quantity == Quantity::Share ? std::optional(source->size) : std::nullopt;
  const Unit* target = find(to);
  if (target == nullptr || target->quantity != source->quantity) return std::nullopt;
  return source->size / target->size;
}

}  // namespace feedline::inline base
