// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace feedline::inline base {

/// Lets this process open as many files as it is allowed to give itself (the hard limit): shells start programs with
/// 1,024, which many workers and a large graph can use up. For the beginning of main().
void raise_file_limit();

}  // namespace feedline::inline base
