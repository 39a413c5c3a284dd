// SPDX-License-Identifier: GPL-3.0-or-later

// Who stops a run is told what is left of it.

#include "base/clock.h"
#include "gui/session/stop_outcome.h"
#include "support/test_program.h"

#include <QTest>

namespace test_stop_outcome {

using namespace feedline;
using namespace feedline::gui;

class TestStopOutcome : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void only_what_is_written_is_promised() {
    const auto outcome = [](bool keeps, bool has_older, std::uint64_t steps, double seconds_a_step) {
      StopFacts facts{.keeps = keeps, .has_older = has_older};
      facts.now.started = from_seconds(10);
      facts.now.at = from_seconds(10 + static_cast<double>(steps) * seconds_a_step);
      facts.now.trainer.steps = steps;
      facts.now.trainer.times[Phase::Forward] = from_seconds(static_cast<double>(steps) * seconds_a_step);
      return outcome_of_stop(facts, 3);
    };
    QCOMPARE(outcome(true, false, 100, 0.01), StopOutcome::Kept);
    QCOMPARE(outcome(true, true, 100, 0.01), StopOutcome::Kept);
    QCOMPARE(outcome(false, false, 100, 0.01), StopOutcome::Lost);
    QCOMPARE(outcome(true, false, 5, 4), StopOutcome::Lost);
    QCOMPARE(outcome(true, true, 5, 4), StopOutcome::Older);
    QCOMPARE(outcome(true, false, 100, 4), StopOutcome::Older);  // one comes every five minutes
    QCOMPARE(outcome(true, false, 0, 0), StopOutcome::NothingYet);
    QCOMPARE(outcome(true, true, 0, 0), StopOutcome::Kept);
  }
};

FEEDLINE_TEST(TestStopOutcome)

}  // namespace test_stop_outcome

#include "test_stop_outcome.moc"
