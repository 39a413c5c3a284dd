// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::cli {

/// What the terminal can show.
struct TerminalLook {
  std::size_t width = 80;
  std::size_t height = 24;
  bool color = false;
  bool unicode = true;  ///< block characters; else # . =
};
/// Of standard error: colours unless $NO_COLOR is set, block characters in a UTF-8 locale. Asked anew for every
/// picture, since the window may have changed its size.
[[nodiscard]] TerminalLook look_of_terminal();

/// A line of a picture that is drawn again and again in its place.
struct LiveLine {
  std::string text{};
  std::size_t columns = 0;  ///< that it takes; what switches colours takes none
};

/// The stages of a run between two snapshots, a line each, and the trainer: records per second, a bar of the time of
/// its workers (busy, starved, blocked), how full the queue behind it is. As wide and high as the terminal: a narrow
/// one leaves out columns, a low one the least busy stages. Empty while nothing is known.
[[nodiscard]] std::vector<LiveLine> live_table(const Snapshot& earlier, const Snapshot& now, bool train,
                                               const TerminalLook& look);

/// The ranks that train together between two snapshots, a line each: samples per second, a bar of their step (busy,
/// waiting for a batch, waiting for the other ranks), and the slow one marked with its part. Of more ranks than
/// look.height has lines for, those that work longest. Empty where the run is alone.
[[nodiscard]] std::vector<LiveLine> rank_table(const Snapshot& earlier, const Snapshot& now, const TerminalLook& look);

}  // namespace feedline::cli
