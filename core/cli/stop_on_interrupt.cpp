// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/stop_on_interrupt.h"

#include "cli/terminal.h"

#include <chrono>

namespace feedline::cli {

StopOnInterrupt::StopOnInterrupt()
    : thread_([this](const std::stop_token& ended) {
        while (!ended.stop_requested()) {
          interrupts_.wait(std::chrono::milliseconds(100));
          if (interrupts_.requested()) stop_.request_stop();
        }
      }) {}

StopOnInterrupt::~StopOnInterrupt() {
  thread_.request_stop();
  interrupts_.wake();
  thread_.join();
}

ExitCode StopOnInterrupt::failed(const Error& error) const {
  if (error.code != ErrorCode::Cancelled || !stop_.stop_requested()) return refuse(error);
  put_line(stderr, "interrupted");
  return kInterrupted;
}

}  // namespace feedline::cli
