// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace feedline::inline base {

/// Has the calling thread, and those that it starts from then on, ask for turns at a core that are so many times as
/// long as its own are now. Its share of a core stays the same; but where it is woken and one with longer turns has the
/// core, it goes first. Linux has a choice of turns from 6.12 on (EEVDF: sched_runtime in sched(7)); before, or where
/// it is refused, nothing happens.
void ask_for_turns(double times) noexcept;

}  // namespace feedline::inline base
