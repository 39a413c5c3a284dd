// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

namespace feedline::inline plan {

/// Has the source of a run leave out the columns of its row that no step of the plan looks at (schema/read_columns.h).
/// Not for plans whose values are shown: they would lack them.
void read_used_columns(DataPlan& data);

}  // namespace feedline::inline plan
