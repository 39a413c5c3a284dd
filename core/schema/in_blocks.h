// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What quick nodes derive from besides, so that a call, an error and whatever else the engine pays for a record is paid
// once for many of them: of a row of a table that takes 100 ns, these are half.

#include "schema/datum.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace feedline::inline schema {

/// A SampleOp with one input and one output that can do several records in one call, and that looks at no OpContext.
class InBlocks {
 public:
  virtual ~InBlocks() = default;
  /// run() of in[0], in[1] ... into out[0], out[1] ..., up to the first record that is refused. Returns how many are
  /// done; why the next one is not, run() tells.
  [[nodiscard]] virtual std::size_t run_block(std::span<const Datum* const> in, std::span<Datum* const> out) const = 0;
  /// The same where nobody else reads what `in` holds: it may be changed where it lies (Datum::changeable()), and be
  /// shown by `out`. A record that is refused must be as it was.
  [[nodiscard]] virtual std::size_t change_block(std::span<Datum* const> in, std::span<Datum* const> out) const {
    return run_block({in.data(), in.size()}, out);
  }
};

/// A Source that can read several records in one call. Only one that is InMemory is asked for it: a stop waits for what
/// has begun.
class ReadsBlocks {
 public:
  virtual ~ReadsBlocks() = default;
  /// read() of each of the records, up to the first one that cannot be read; `out` has one Datum an output port for
  /// each of them, record by record, null where it is not wanted, which is so for all records of a port or for none.
  /// Returns how many are done; why the next one is not, read() tells.
  [[nodiscard]] virtual std::size_t read_block(std::span<const std::uint64_t> records,
                                               std::span<Datum* const> out) const = 0;
};

}  // namespace feedline::inline schema
