// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"

#include <cstdio>
#include <unistd.h>

int main(int argc, char** argv) {
  const int code = feedline::cli::run_program(argc, argv);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return code;  // leaks are looked for at the end
#else
  // All is written. The 280 libraries behind LibTorch would take 80 ms of processor time to take themselves apart.
  std::fflush(nullptr);
  ::_exit(code);
#endif
}
