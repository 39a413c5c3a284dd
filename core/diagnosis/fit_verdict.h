// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/diagnosis.

#include "diagnosis/verdict.h"

namespace feedline::inline diagnosis {

/// Adds what learning from the records before the run costs it (Profile::fit). From a twentieth of fitting and training
/// on it is a concern; where it takes longer than training does, it is the verdict, and what limits the training, as
/// found so far, the last of its evidence. Nothing is done below a second, whose end nobody waits for.
void add_fit(Diagnosis& found);

}  // namespace feedline::inline diagnosis
