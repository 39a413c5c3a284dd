// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/diagnosis.

#include "diagnosis/verdict.h"

namespace feedline::inline diagnosis {

/// Adds what learning from the records before the run costs it (Profile::fit). From a twentieth of fitting and training
/// on it is a concern; where it takes longer than all training will, it is the verdict, and what limits the training,
/// as found so far, the last of its evidence. Nothing is done below a second, for whose end nobody waits. A run without
/// an end is never bound by it.
void add_fit(Diagnosis& found);

/// Where the fits of an estimator take longer than preparing its rows and taking them in (Profile::estimator_fit), they
/// are the verdict, and what was found of the rest the last of its evidence. Nothing is done below a second.
void add_estimator_fit(const RunFacts& facts, Diagnosis& found);

}  // namespace feedline::inline diagnosis
