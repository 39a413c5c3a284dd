// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/table/plain_file.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Where the lines of a text file are. Of every 4 KiB of text the place of one line is kept, 24 bytes each; those
/// between are found by their ends. Empty lines are not counted, but end a block of lines.
class LineAnchors {
 public:
  /// Goes through the file once. Errors name it: a line of over 16 MiB; it became shorter; stopped.
  [[nodiscard]] static Result<LineAnchors> find(const PlainFile& plain, const SourceContext& context);

  [[nodiscard]] std::uint64_t count() const { return count_; }

  struct Line {
    std::string_view text{};  ///< without its end; lies in `memory` of read()
    std::uint32_t block = 0;  ///< in which block of lines it stands, from 1 on
  };
  /// Line `index`, below count(), read anew: one read of some KiB. Thread-safe, each thread with its own `memory`.
  /// Errors: the machine's faults; the line is no longer there (a record error without a file).
  [[nodiscard]] Result<Line> read(const PlainFile& plain, std::uint64_t index, std::string& memory) const;

 private:
  struct Anchor {
    std::uint64_t begin = 0;
    std::uint64_t line = 0;
    std::uint32_t block = 0;
  };

  std::vector<Anchor> anchors_{};
  std::uint64_t count_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace feedline::inline nodes
