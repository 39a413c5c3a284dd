// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/process.h"

namespace feedline::test {

/// Can this test program run that command of feedline-cli in a copy of itself? Those of tests/integration have all
/// commands, and LibTorch is loaded with them: a process that begins as a copy of one needs 10 ms of processor time
/// before it does anything, where the program's file needs 600 ms.
///
/// Not what the program's file does without LibTorch, whose nodes are other ones; not `launch`, which starts its own
/// file; and nothing under the sanitizers, which would not see the end of such a copy.
[[nodiscard]] bool can_fork_program(const QStringList& arguments);

/// Runs the command in a copy of this process (fork), as the program's main() does: with its own standard streams,
/// environment, folder and signals, so that it may crash, hang or set what it likes. Killed after `deadline_ms`.
[[nodiscard]] CliResult run_forked_program(const QStringList& arguments, const QProcessEnvironment& environment,
                                           const QString& folder, int deadline_ms);

}  // namespace feedline::test
