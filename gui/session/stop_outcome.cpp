// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/stop_outcome.h"

#include "base/clock.h"
#include "training/checkpoint_options.h"

namespace feedline::gui::inline session {

StopOutcome outcome_of_stop(const StopFacts& facts, double patience_s) {
  const TrainerSample& trainer = facts.now.trainer;
  if (trainer.steps == 0) return facts.has_older ? StopOutcome::Kept : StopOutcome::NothingYet;
  if (!facts.keeps) return StopOutcome::Lost;
  const double step = seconds(trainer.trained().total()) / static_cast<double>(trainer.steps);
  if (step <= patience_s) return StopOutcome::Kept;
  // Inside of long epochs there is one as often as this, behind the step that is then in hand.
  const bool long_since = seconds(facts.now.at - facts.now.started) > kDefaultCheckpointSeconds + 2 * step;
  return facts.has_older || long_since ? StopOutcome::Older : StopOutcome::Lost;
}

}  // namespace feedline::gui::inline session
