// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

namespace feedline::cli {

/// What the program's exit status says; documented in resources/help/command-line.md.
enum ExitCode : int {
  kOk = 0,
  kBadInput = 2,      ///< usage, a file, a parameter, a graph: something that the user can mend
  kFailed = 3,        ///< a run that broke
  kInterrupted = 130  ///< Ctrl-C or SIGTERM
};

[[nodiscard]] constexpr ExitCode exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadInput:
    case ErrorCode::BadRecord:
      return kBadInput;
    case ErrorCode::Failed:
      return kFailed;
    case ErrorCode::Cancelled:
      return kInterrupted;
  }
  return kFailed;
}

}  // namespace feedline::cli
