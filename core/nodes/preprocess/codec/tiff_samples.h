// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/preprocess/codec/levels.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace feedline::inline nodes::codec {

/// How a TIFF file stores one sample.
struct SampleType {
  enum class Kind { Unsigned, Signed, Real };
  Kind kind = Kind::Unsigned;
  unsigned bits = 8;

  /// 1 to 16, 32 and 64 bits; real numbers of 16, 32 and 64.
  [[nodiscard]] bool known() const;
  /// Black and white where nobody says otherwise: the least and the greatest whole number, 0 and 1 of real ones.
  [[nodiscard]] ValueRange full() const;
  /// Bytes of `samples` in a row.
  [[nodiscard]] std::size_t row_bytes(std::size_t samples) const { return (samples * bits + 7) / 8; }
};

/// Which samples of a row: from `first` on each `step`th, `count` of them.
struct SampleRun {
  std::size_t first = 0;
  std::size_t step = 1;
  std::size_t count = 0;
};

/// Makes them 0..255, every fourth byte of `to`. Whole bytes are in the machine's own order, others packed from the
/// highest bit on. `range`: see Levels; none: the type's full one. `as_is`: numbers below 256 that stay what they are
/// (palette indices; more bits than 8 are cut off).
void unpack_samples(const std::uint8_t* row, const SampleType& type, const SampleRun& run,
                    const std::optional<ValueRange>& range, bool as_is, std::uint8_t* to);

}  // namespace feedline::inline nodes::codec
