// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace feedline::gui::inline session {

/// Lets the window go first when the cores are full. On Linux the value belongs to the thread and is inherited by the
/// threads and processes that it starts: called first thing on a run's thread, it covers loader workers and LibTorch's
/// pool too.
void step_back();

}  // namespace feedline::gui::inline session
