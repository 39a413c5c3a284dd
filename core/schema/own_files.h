// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <span>
#include <string>

namespace feedline::inline schema {

class Datum;

/// What is known of an open file.
struct FileFacts {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
};

/// What a Source derives from besides, if each of its records is a file of its own.
class OwnFiles {
 public:
  virtual ~OwnFiles() = default;
  /// Path of the record's file as the system knows it: raw bytes, not made fit to be shown.
  [[nodiscard]] virtual std::string file_of(std::uint64_t index) const = 0;
  /// Source::read(), and the facts of the very file that it opened, if it had to.
  virtual Status read_with_facts(std::uint64_t index, std::span<Datum* const> out, FileFacts& facts) const = 0;
};

}  // namespace feedline::inline schema
