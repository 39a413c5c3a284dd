// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace feedline::inline runs {

/// Names a process so that nobody takes another one for it: numbers of processes are used again, and mean something
/// only in one namespace of one machine since one start of it.
struct ProcessMark {
  std::string machine{};  ///< host, start of the machine, namespace of process numbers
  std::int64_t pid = 0;
  std::int64_t started = 0;  ///< in clock ticks since the machine started

  [[nodiscard]] static ProcessMark own();
  /// Unknown: it was seen from elsewhere (another machine, another container, before a restart).
  enum class State { Alive, Gone, Unknown };
  [[nodiscard]] State look() const;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static ProcessMark parse(const std::string& text);
};

[[nodiscard]] std::string host_name();

}  // namespace feedline::inline runs
