// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/diagnosis_panel.h"
#include "diagnosis/fix_list.h"
#include "diagnosis/rate_bars.h"
#include "diagnosis/whatif_form.h"
#include "session/lab.h"
#include "session/run_controller.h"
#include "support/synthetic.h"

#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

/// The panel on a real run whose bottleneck is known.
class TestDiagnosisPanel : public QObject {
  Q_OBJECT

 private:
  /// Runs the graph until the panel has a verdict.
  void run_until_verdict(RunController& runs, DiagnosisPanel& panel, const Document& document) {
    connect(&runs, &RunController::started, &panel, [&panel, document](const Started& s) { panel.begin(document, s); });
    connect(&runs, &RunController::snapshot_taken, &panel, [&panel](const Snapshot& now) { panel.show_snapshot(now); });
    runs.start(document);
    QTRY_VERIFY_WITH_TIMEOUT(panel.live().diagnosis() && panel.live().diagnosis()->verdict.kind != VerdictKind::NotYet,
                             30'000);
  }
  QTemporaryDir folder_;
  Document slow_{};

 private Q_SLOTS:
  void initTestCase() {
    qputenv("FEEDLINE_DATA", folder_.filePath("record").toUtf8());
    slow_ = synthetic_graph(folder_.path(), {.stages = {{.wait_ms = 3}, {.wait_ms = 1}}, .workers = 1});
  }

  void it_says_that_it_knows_nothing_yet() {
    DiagnosisPanel panel;
    QVERIFY(panel.verdict_text().contains("Press Run"));
    QVERIFY(panel.fix_list().fixes().empty());
  }

  void a_running_graph_gets_a_verdict() {
    DiagnosisPanel panel;
    panel.resize(900, 300);
    panel.show();
    RunController runs;
    run_until_verdict(runs, panel, slow_);
    if (panel.live().diagnosis()->verdict.kind == VerdictKind::Contention)
      QSKIP("The machine is too busy to measure on");
    QVERIFY2(panel.verdict_text().contains("load1"), qPrintable(panel.verdict_text()));
    QVERIFY(panel.bars().rates().measured > 0);
    QVERIFY(panel.bars().rates().ceiling > 2 * panel.bars().rates().measured);
    QVERIFY(panel.fix_list().button("workers", "apply") != nullptr);

    QSignalSpy applied(&panel, &DiagnosisPanel::apply_wanted);
    QSignalSpy proven(&panel, &DiagnosisPanel::prove_wanted);
    QTest::mouseClick(panel.fix_list().button("workers", "apply"), Qt::LeftButton);
    QTest::mouseClick(panel.fix_list().button("workers", "prove"), Qt::LeftButton);
    QCOMPARE(applied.count(), 1);
    QCOMPARE(proven.count(), 1);
    Document changed = slow_;
    QVERIFY(changed.apply(applied.front().front().value<Fix>().edit));
    QVERIFY(!(changed == slow_));
    panel.set_busy(true);
    QVERIFY(!panel.fix_list().button("workers", "prove")->isEnabled());
    QVERIFY(panel.fix_list().button("workers", "apply")->isEnabled());
  }

  void sliders_solve_again() {
    DiagnosisPanel panel;
    panel.resize(900, 300);
    panel.show();  // what nobody sees is not told
    RunController runs;
    run_until_verdict(runs, panel, slow_);
    if (panel.live().diagnosis()->verdict.kind == VerdictKind::Contention)
      QSKIP("The machine is too busy to measure on");
    runs.stop();
    QTRY_VERIFY(!runs.active());
    QCOMPARE(panel.bars().rates().what_if, 0.0);
    QSlider* node = panel.what_if_form().slider("node");
    QVERIFY(node != nullptr);
    QTest::keyClick(node, Qt::Key_Right);
    QTest::keyClick(node, Qt::Key_Right);
    QCOMPARE(panel.what_if_form().change().faster.size(), std::size_t{1});
    QVERIFY(std::abs(panel.what_if_form().change().faster.front().second - 2) < 1e-9);
    QVERIFY(panel.bars().rates().what_if > 0);
    // One faster node can be measured as well; more than that cannot.
    QSignalSpy wanted(&panel, &DiagnosisPanel::gain_wanted);
    auto* measure = panel.findChild<QPushButton*>("measure_gain");
    QVERIFY(measure->isEnabled());
    QTest::mouseClick(measure, Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
    QCOMPARE(wanted.front().at(1).toDouble(), panel.what_if_form().change().faster.front().second);
    QTest::keyClick(panel.what_if_form().slider("cores"), Qt::Key_Right);
    QVERIFY(!measure->isEnabled());
    panel.what_if_form().clear();
    QVERIFY(!measure->isEnabled());
    QVERIFY(panel.what_if_form().change().nothing());
    QCOMPARE(panel.bars().rates().what_if, 0.0);
  }

  void the_lab_proves_and_remembers() {
    Lab lab;
    lab.set_seconds(1);
    QSignalSpy busy(&lab, &Lab::busy_changed);
    QSignalSpy proven(&lab, &Lab::proven);
    QSignalSpy recorded(&lab, &Lab::recorded);
    Fix fix{.id = "workers", .title = "Use 4 workers", .predicted_ratio = 4};
    fix.edit = {SetParam{.node = "trainer", .param = "workers", .value = std::int64_t{4}}};
    lab.prove(slow_, fix, "slow", VerdictKind::PreparationBound);
    QVERIFY(lab.busy());
    lab.prove(slow_, fix, "slow", VerdictKind::PreparationBound);  // ignored
    QVERIFY(busy.wait(1) || busy.count() == 1);
    QTRY_COMPARE_WITH_TIMEOUT(busy.count(), 2, 60'000);
    QCOMPARE(proven.count(), 1);
    const Proof proof = proven.front().at(1).value<Proof>();
    QVERIFY2(proof.rate.ratio > 2.5, QByteArray::number(proof.rate.ratio));
    QCOMPARE(recorded.count(), 1);
    const auto all = recorded.front().front().value<std::vector<Prediction>>();
    QCOMPARE(all.size(), std::size_t{1});
    DiagnosisPanel panel;
    panel.show_record(all);
    QVERIFY2(panel.record_text().contains("median error"), qPrintable(panel.record_text()));
  }

  void the_lab_measures_what_a_faster_node_brings() {
    Lab lab;
    lab.set_seconds(1);
    QSignalSpy measured(&lab, &Lab::gain_measured);
    QSignalSpy failed(&lab, &Lab::failed);
    lab.measure_gain(slow_, "load1", 3);
    QTRY_VERIFY_WITH_TIMEOUT(!lab.busy(), 60'000);
    QCOMPARE(failed.count(), 0);
    QCOMPARE(measured.count(), 1);
    const auto gain = measured.front().front().value<VirtualGain>();
    QVERIFY2(std::abs(gain.ratio.ratio - 2) < 0.3, QByteArray::number(gain.ratio.ratio));  // 3 + 1 ms, then 1 + 1
    DiagnosisPanel panel;
    panel.show_gain(gain);
    QVERIFY2(panel.gain_text().contains("load1"), qPrintable(panel.gain_text()));

    lab.measure_gain(slow_, "nobody", 2);
    QTRY_VERIFY_WITH_TIMEOUT(!lab.busy(), 60'000);
    QCOMPARE(failed.count(), 1);
  }

  void a_stopped_lab_is_soon_free_again() {
    Lab lab;
    lab.tune(slow_);
    QTest::qWait(200);
    lab.stop();
    QTRY_VERIFY_WITH_TIMEOUT(!lab.busy(), 5000);
  }

  void it_fits_narrow_and_wide() {
    DiagnosisPanel panel;
    panel.show();
    for (const int width : {240, 500, 1200}) {
      panel.resize(width, 300);
      QCoreApplication::processEvents();
      QVERIFY(panel.width() <= width);
      QVERIFY(!panel.grab().isNull());
    }
  }
};

QTEST_MAIN(TestDiagnosisPanel)
#include "test_diagnosis_panel.moc"
