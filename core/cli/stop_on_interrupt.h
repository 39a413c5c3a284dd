// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/interrupts.h"

#include <stop_token>
#include <thread>

namespace feedline::cli {

/// Ctrl-C and SIGTERM as a stop token, for as long as it lives.
class StopOnInterrupt {
 public:
  StopOnInterrupt();
  ~StopOnInterrupt();
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  /// Says on standard error how it failed, or that it was interrupted, and gives the exit code.
  [[nodiscard]] ExitCode failed(const Error& error) const;

 private:
  Interrupts interrupts_{};
  std::stop_source stop_{};
  std::jthread thread_{};  // last: ends before what it uses
};

}  // namespace feedline::cli
