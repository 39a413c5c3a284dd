// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace feedline::inline schema {

/// What a Source derives from besides, if its records lie in a few files. With OwnFiles, this is how what was found out
/// about the records is known to hold still (state/source_fingerprint.h).
class SharedFiles {
 public:
  virtual ~SharedFiles() = default;
  /// Paths of all files that records come from, as the system knows them, in a fixed order.
  [[nodiscard]] virtual std::vector<std::string> files() const = 0;
};

}  // namespace feedline::inline schema
