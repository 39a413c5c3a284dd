// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

namespace feedline::cli {

/// Ctrl-C (SIGINT) and SIGTERM as a request that one loop can wait for together with other news. The second one ends
/// the program at once with exit code 130. One instance at a time; the former handlers come back with its end.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Ends a wait(). From any thread.
  void wake();
  /// Until a signal, a wake() or the deadline.
  void wait(std::chrono::milliseconds deadline);
  [[nodiscard]] bool requested() const;
};

}  // namespace feedline::cli
