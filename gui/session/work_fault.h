// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <exception>
#include <new>
#include <string>

namespace feedline::gui::inline session {

/// What work on another thread has thrown, for whoever asked for it. Nobody expects it, but for a lack of memory: that
/// the window goes on without an answer is better than that it goes with all that is open in it.
[[nodiscard]] inline Error work_fault(const std::exception& fault) {
  if (dynamic_cast<const std::bad_alloc*>(&fault) != nullptr)
    return {.code = ErrorCode::Failed,
            .reason = "there is not enough memory for it",
            .remedy = "End other programs, or ask for something smaller"};
  const std::string said = fault.what();
  return {.code = ErrorCode::Failed,
          .reason = "it failed: " + said.substr(0, said.find('\n')),
          .remedy = "Try again; if it fails again, report this message"};
}

}  // namespace feedline::gui::inline session
