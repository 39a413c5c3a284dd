// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/own_program.h"

#include <system_error>
#include <utility>

namespace feedline::inline base {

Result<std::filesystem::path> own_program() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) return program;
  return fail(Error{.code = ErrorCode::Failed,
                    .reason = "this program cannot find itself: " + error.message(),
                    .remedy = "Is /proc mounted?"});
}

}  // namespace feedline::inline base
