// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/rank_helpers.h"

namespace feedline::gui::inline session {

/// The processes that a run of the window is shared out among, the window being rank 0: feedline-cli as it lies beside
/// the window's program, each where the system likes. Error: it is not there.
[[nodiscard]] Result<HelperPlan> helper_plan(int processes);

/// RankHelpers::prepare() for a run of the window, behind which they stand back.
[[nodiscard]] Result<std::shared_ptr<RankHelpers>> prepare_helpers(int processes);

}  // namespace feedline::gui::inline session
