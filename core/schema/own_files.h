// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace feedline {

/// What a Source derives from besides, if each of its records is a file of its own.
class OwnFiles {
 public:
  virtual ~OwnFiles() = default;
  /// Path of the record's file as the system knows it: raw bytes, not made fit to be shown.
  [[nodiscard]] virtual std::string file_of(std::uint64_t index) const = 0;
};

}  // namespace feedline
