// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/error.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

namespace feedline::inline training {

/// Standard input as it comes. Whoever writes it may take hours: a stop ends the wait at once.
class StandardInput {
 public:
  explicit StandardInput(std::stop_token stop);
  ~StandardInput();
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  /// What there is, at least one byte, in `room`; 0: the end. Errors: Cancelled; it cannot be read.
  [[nodiscard]] Result<std::size_t> read(std::span<char> room);
  /// All of it, piece by piece. Errors: those of read() and of `found`.
  [[nodiscard]] Status each_piece(const std::function<Status(std::string_view piece)>& found);

 private:
  std::stop_token stop_;
  int event_ = -1;  ///< becomes readable with the stop
  std::unique_ptr<std::stop_callback<std::function<void()>>> link_{};
};

}  // namespace feedline::inline training
