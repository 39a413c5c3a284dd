// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/tiff_samples.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace feedline::inline nodes::codec {
namespace {

template <class Number, class To8>
void each(const std::uint8_t* row, const SampleRun& run, std::uint8_t* to, To8&& to8) {
  const std::uint8_t* at = row + run.first * sizeof(Number);
  for (std::size_t i = 0; i < run.count; ++i, at += run.step * sizeof(Number), to += 4) {
    Number value{};
    std::memcpy(&value, at, sizeof value);
    *to = to8(value);
  }
}

/// IEEE 754 half precision.
double half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const double size = exponent == 0    ? std::ldexp(fraction, -24)
                      : exponent == 31 ? (fraction == 0 ? std::numeric_limits<double>::infinity()
                                                        : std::numeric_limits<double>::quiet_NaN())
                                       : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

/// An unsigned number of up to 16 bits, anywhere.
unsigned bits_at(const std::uint8_t* row, std::size_t bit, unsigned bits) {
  unsigned value = 0;
  for (unsigned left = bits; left > 0;) {
    const unsigned offset = static_cast<unsigned>(bit % 8);
    const unsigned taken = std::min(8 - offset, left);
    value = value << taken | (row[bit / 8] >> (8 - offset - taken) & ((1U << taken) - 1));
    bit += taken;
    left -= taken;
  }
  return value;
}

void packed(const std::uint8_t* row, unsigned bits, const SampleRun& run, const std::uint8_t* table, std::uint8_t* to) {
  std::size_t bit = run.first * bits;
  for (std::size_t i = 0; i < run.count; ++i, bit += run.step * bits, to += 4) {
    const unsigned value = bits_at(row, bit, bits);
    *to = table != nullptr ? table[value] : static_cast<std::uint8_t>(value);
  }
}

}  // namespace

bool SampleType::known() const {
  if (kind == Kind::Real) return bits == 16 || bits == 32 || bits == 64;
  if (kind == Kind::Signed) return bits == 8 || bits == 16 || bits == 32;
  return (bits >= 1 && bits <= 16) || bits == 32 || bits == 64;
}

ValueRange SampleType::full() const {
  if (kind == Kind::Real) return {0, 1};
  const double steps = std::ldexp(1, static_cast<int>(bits));
  return kind == Kind::Signed ? ValueRange{-steps / 2, steps / 2 - 1} : ValueRange{0, steps - 1};
}

void unpack_samples(const std::uint8_t* row, const SampleType& type, const SampleRun& run,
                    const std::optional<ValueRange>& range, bool as_is, std::uint8_t* to) {
  const Levels levels(range.value_or(type.full()));
  const auto by_level = [&](auto value) { return levels.of(static_cast<double>(value)); };
  using Kind = SampleType::Kind;
  if (type.kind == Kind::Unsigned && type.bits == 8)
    return each<std::uint8_t>(row, run, to, [](std::uint8_t value) { return value; });
  if (type.kind == Kind::Unsigned && type.bits == 16) {
    if (as_is)
      return each<std::uint16_t>(row, run, to, [](unsigned value) { return static_cast<std::uint8_t>(value); });
    const std::uint8_t* table = levels.table();
    return each<std::uint16_t>(row, run, to, [&](std::uint16_t value) { return table[value]; });
  }
  if (type.kind == Kind::Unsigned && type.bits < 16)
    return packed(row, type.bits, run, as_is ? nullptr : levels.table(), to);
  if (type.kind == Kind::Unsigned && type.bits == 32) return each<std::uint32_t>(row, run, to, by_level);
  if (type.kind == Kind::Unsigned) return each<std::uint64_t>(row, run, to, by_level);
  if (type.kind == Kind::Signed && type.bits == 8) return each<std::int8_t>(row, run, to, by_level);
  if (type.kind == Kind::Signed && type.bits == 16) return each<std::int16_t>(row, run, to, by_level);
  if (type.kind == Kind::Signed) return each<std::int32_t>(row, run, to, by_level);
  if (type.bits == 16)
    return each<std::uint16_t>(row, run, to, [&](std::uint16_t bits) { return levels.of(half(bits)); });
  if (type.bits == 32) return each<float>(row, run, to, by_level);
  return each<double>(row, run, to, by_level);
}

}  // namespace feedline::inline nodes::codec
