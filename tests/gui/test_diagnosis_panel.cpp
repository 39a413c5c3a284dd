// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/application_filter.h"
#include "gui/base/theme.h"
#include "gui/base/wheel_guard.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/diagnosis/fix_list.h"
#include "gui/diagnosis/node_links.h"
#include "gui/diagnosis/pair_strip.h"
#include "gui/diagnosis/rate_bars.h"
#include "gui/diagnosis/whatif_form.h"
#include "gui/session/experiments.h"
#include "gui/session/run_controller.h"
#include "support/synthetic.h"
#include "support/test_program.h"

#include <QApplication>
#include <QComboBox>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QToolButton>
#include <QWheelEvent>
#include <QtTest/qtestspontaneevent.h>
#include <QtTest>

#include <cmath>
#include <memory>

namespace test_diagnosis_panel {

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
  [[nodiscard]] static Fix fix(const char* id, double ratio, const char* title = nullptr) {
    return {.id = id,
            .title = title != nullptr ? title : id,
            .edit = {SetParam{.node = "trainer", .param = "prefetch", .value = std::int64_t{7}}},
            .predicted_ratio = ratio};
  }
  [[nodiscard]] static QStringList ids(const FixList& list) {
    QStringList all;
    for (const Fix& one : list.fixes()) all << QString::fromStdString(one.id);
    return all;
  }
  /// A second laboratory, which measures beside the first, since records only wait.
  Experiments& gains() {
    if (gains_) return *gains_;
    gains_ = std::make_unique<Experiments>();
    gains_->set_seconds(1);
    measured_ = std::make_unique<QSignalSpy>(gains_.get(), &Experiments::gain_measured);
    gains_->measure_gain(slow_, "load1", 3);
    return *gains_;
  }
  QTemporaryDir folder_;
  Document slow_{};
  std::unique_ptr<Experiments> gains_{};
  std::unique_ptr<QSignalSpy> measured_{};

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

  /// What is new comes below, what is gone turns grey, numbers change in place: Apply never moves under the mouse.
  void fixes_stay_where_they_are() {
    FixList list;
    list.resize(500, 300);
    list.show();
    list.show_fixes({fix("workers", 2), fix("prefetch", 1.5)});
    QPushButton* apply = list.button("prefetch", "apply");
    QCoreApplication::processEvents();
    const QPoint place = apply->mapTo(&list, QPoint());
    list.show_fixes({fix("cache:resize", 3), fix("prefetch", 2.5, "Prefetch 8 batches"), fix("workers", 2)});
    list.show_fixes({fix("prefetch", 2.6)});
    QCoreApplication::processEvents();
    QCOMPARE(ids(list), (QStringList{"workers", "prefetch", "cache:resize"}));
    QCOMPARE(list.button("prefetch", "apply"), apply);
    QCOMPARE(apply->mapTo(&list, QPoint()), place);
    QVERIFY(!list.offered("workers") && list.offered("prefetch"));
    QSignalSpy applied(&list, &FixList::apply_wanted);
    QTest::mouseClick(apply, Qt::LeftButton);
    QCOMPARE(applied.front().front().value<Fix>().predicted_ratio, 2.6);  // what it shows now
    list.set_stale(true);
    QCOMPARE(list.fixes().size(), std::size_t{3});
    // While one is proved, none else can be, those that come later either.
    list.set_busy(true);
    list.show_fixes({fix("prefetch", 2.6), fix("replicas", 1.2)});
    for (const char* id : {"prefetch", "replicas"}) QVERIFY(!list.button(id, "prove")->isEnabled());
    QVERIFY(list.button("prefetch", "apply")->isEnabled());
    list.set_busy(false);
    QVERIFY(list.button("replicas", "prove")->isEnabled());
  }

  /// Nor do words above them, a proof or its end move them.
  void nothing_moves_the_fixes() {
    DiagnosisPanel panel;
    panel.resize(520, 600);  // narrow: long words take several lines
    panel.show();
    panel.begin(slow_, {.execution = facts_of(slow_).execution});
    FixList& list = panel.fix_list();
    list.show();
    list.show_fixes({fix("workers", 2), fix("prefetch", 1.5)});
    auto* words = panel.verdict_part()->findChildren<QLabel*>().last();
    words->setText(QString("A verdict may take a good many words. ").repeated(8));
    QTest::qWait(0);
    QPushButton* apply = list.button("prefetch", "apply");
    const auto place = [&] {
      QCoreApplication::processEvents();
      QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
      QCoreApplication::processEvents();
      return apply->mapTo(&panel, QPoint());
    };
    QPoint before = place();
    words->setText("Few words.");
    QCOMPARE(place(), before);
    // A proof takes the room that it needs when it is asked for, and no more later.
    QTest::mouseClick(list.button("workers", "prove"), Qt::LeftButton);
    before = place();
    panel.set_busy(true);
    panel.show_progress("Proving workers", 12);
    QCOMPARE(place(), before);
    const Fix one = fix("workers", 2);
    Proof proof;
    proof.pairs = {1.8, 2.1};
    proof.rate = {.ratio = 1.9, .low = 1.7, .high = 2.2, .pairs = 2};
    panel.show_pairs(one, proof);
    QCOMPARE(place(), before);
    panel.show_proof(one, proof);
    panel.set_busy(false);
    QCOMPARE(place(), before);
    panel.reset();
    QCOMPARE(panel.verdict_part()->minimumHeight(), 0);
  }

  /// What limits a rate is told in whole words, also in the column that Diagnose has at 1280x800.
  void limits_are_told_whole() {
    const QFontMetricsF metrics(Theme::instance().small_font());
    RateBars bars;
    bars.show_rates({.measured = 4'000, .ceiling = 5'800, .cached = 8'700});
    for (const int width : {330, 700}) {
      bars.resize(width, 200);
      for (const char* limit : {"behind normalise, set by the cores, most on trainer",
                                "training only, after the warm-up", "behind decode, loading and step take turns"})
        QVERIFY2(metrics.horizontalAdvance(limit) <= bars.room_for_limits(), limit);
    }
    bars.resize(700, 200);
    const int wide = bars.sizeHint().height();
    bars.resize(330, 200);
    QVERIFY(bars.sizeHint().height() > wide);
  }

  void no_fix_is_said_to_help_only_with_a_verdict() {
    DiagnosisPanel panel;
    panel.resize(900, 300);
    panel.show();
    panel.begin(slow_, {.execution = facts_of(slow_).execution});
    QVERIFY(!panel.fix_list().isVisible());
    Snapshot now;
    now.started = now.at = from_seconds(1);
    now.trainer.steps = 25;
    panel.show_snapshot(now);
    now.at += from_seconds(2);
    now.trainer.steps = 30;
    now.trainer.times[Phase::Wait] = from_seconds(2);
    panel.show_snapshot(now);
    QVERIFY(!panel.live().diagnosis());
    QVERIFY2(panel.verdict_text().contains("15 more"), qPrintable(panel.verdict_text()));
    QVERIFY(!panel.fix_list().isVisible());
  }

  void names_of_nodes_are_links() {
    const Verdict verdict{.kind = VerdictKind::PreparationBound, .node = "decode"};
    const QString html =
        with_node_links("Highly input-bound. decode is the bottleneck: <63 %>", verdict, {}, "trainer");
    QVERIFY2(html.contains("<a href=\"node:decode\">decode</a> is the"), qPrintable(html));
    QVERIFY(html.contains("&lt;63 %&gt;"));
    QCOMPARE(linked_node("node:block/conv"), QString("block/conv"));
    QVERIFY(linked_node("https://example.org").isEmpty());
    // A plain word that a node happens to be called by is none.
    const Verdict batch{.kind = VerdictKind::PreparationBound, .node = "batch"};
    QVERIFY(!with_node_links("63 % of each step waits for a batch.", batch, {}, "trainer").contains("href"));
    QVERIFY(with_node_links("batch is the bottleneck", batch, {}, "trainer").startsWith("<a href"));
    const Verdict step{.kind = VerdictKind::StepBound, .node = "trainer"};
    QVERIFY(with_node_links("The step itself is the bottleneck", step, {}, "trainer").contains("node:trainer"));
  }

  void a_proof_shows_its_pairs() {
    FixList list;
    list.resize(500, 200);
    list.show();
    list.show_fixes({fix("workers", 2)});
    PairStrip* strip = list.strip("workers");
    QVERIFY(!strip->isVisible());
    Proof proof;
    proof.pairs = {1.8, 2.1};
    proof.rate = {.ratio = 1.95, .low = 1.7, .high = 2.2, .pairs = 2};
    list.show_pairs(fix("workers", 2), proof);
    QTRY_VERIFY(strip->isVisible() && strip->width() > 100);
    QCOMPARE(strip->proof().pairs.size(), std::size_t{2});
    QVERIFY(strip->place(1) < strip->place(1.8) && strip->place(1.8) < strip->place(2.1));
    QVERIFY(strip->place(2.1) < strip->width());
    // The dots are there.
    const QImage picture = strip->grab().toImage();
    const auto has_dot = [&](double x) {
      return picture.pixelColor(static_cast<int>(std::lround(x)), 9) == Theme::instance().colors().accent;
    };
    QVERIFY(has_dot(strip->place(1.8)) && has_dot(strip->place(2.1)));
    QVERIFY(!has_dot(strip->place(1.88)) && !has_dot(strip->place(1.4)));
    list.show_proof(fix("workers", 2), proof);
    QVERIFY(strip->isVisible());
  }

  void progress_goes_when_a_proof_ends() {
    DiagnosisPanel panel;
    panel.set_busy(true);
    panel.show_progress("pair 3: 1.20 times", 4);
    QVERIFY(panel.progress_text().contains("pair 3"));
    panel.set_busy(false);
    QVERIFY(panel.progress_text().isEmpty());
  }

  /// Scrolling goes on over a slider, and moves none: also not one that has the focus.
  void the_wheel_moves_no_slider() {
    install_for_application<WheelGuard>();
    DiagnosisPanel panel;
    panel.resize(260, 160);
    panel.show();
    RunController runs;
    run_until_verdict(runs, panel, slow_);
    runs.stop();
    QTRY_VERIFY(!runs.active());
    auto* unfold = panel.findChild<QToolButton*>("unfold_what_if");
    QSlider* memory = panel.what_if_form().slider("memory");
    QVERIFY(!memory->isVisible());  // folded until it is asked for
    QTest::mouseClick(unfold, Qt::LeftButton);
    QVERIFY(memory->isVisible());
    memory->setFocus();
    auto* area = panel.findChild<QScrollArea*>();
    QTRY_VERIFY(area->verticalScrollBar()->maximum() > 0);
    // As the mouse does it, so that what the slider leaves goes on to what is around it.
    const auto turn = [&](QWidget* widget) {
      area->ensureWidgetVisible(widget);
      QCoreApplication::processEvents();
      const QPointF middle = QRectF(widget->rect()).center();
      QWheelEvent event(middle, widget->mapToGlobal(middle), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                        Qt::NoScrollPhase, false);
      QSpontaneKeyEvent::setSpontaneous(&event);
      qApp->notify(widget, &event);
      QCoreApplication::processEvents();
    };
    for (QSlider* slider : panel.findChildren<QSlider*>()) turn(slider);
    for (QComboBox* box : panel.findChildren<QComboBox*>()) turn(box);
    QVERIFY(panel.what_if_form().change().nothing());
    area->verticalScrollBar()->setValue(area->verticalScrollBar()->maximum());
    area->ensureWidgetVisible(memory);
    QCoreApplication::processEvents();
    const int before = area->verticalScrollBar()->value();
    QVERIFY(before > 0);
    turn(memory);
    QVERIFY(panel.what_if_form().change().nothing());
    QVERIFY(area->verticalScrollBar()->value() < before);
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
    QTest::mouseClick(panel.findChild<QToolButton*>("unfold_what_if"), Qt::LeftButton);
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
    (void)gains();
    Experiments experiments;
    experiments.set_seconds(1);
    QSignalSpy busy(&experiments, &Experiments::busy_changed);
    QSignalSpy proven(&experiments, &Experiments::proven);
    QSignalSpy recorded(&experiments, &Experiments::recorded);
    QSignalSpy pairs(&experiments, &Experiments::pair_measured);
    Fix fix{.id = "workers", .title = "Use 4 workers", .predicted_ratio = 4};
    fix.edit = {SetParam{.node = "trainer", .param = "workers", .value = std::int64_t{4}}};
    experiments.prove(slow_, fix, "slow", VerdictKind::PreparationBound);
    QVERIFY(experiments.busy());
    experiments.prove(slow_, fix, "slow", VerdictKind::PreparationBound);  // ignored
    QVERIFY(busy.wait(1) || busy.count() == 1);
    QTRY_COMPARE_WITH_TIMEOUT(busy.count(), 2, 60'000);
    QCOMPARE(proven.count(), 1);
    QVERIFY(pairs.count() >= 5);
    const Proof proof = proven.front().at(1).value<Proof>();
    QVERIFY2(proof.rate.ratio > 2.5, QByteArray::number(proof.rate.ratio));
    QCOMPARE(proof.pairs.size(), proof.rate.pairs);
    QCOMPARE(pairs.back().at(1).value<Proof>().pairs.size(), proof.rate.pairs);
    QCOMPARE(recorded.count(), 1);
    const auto all = recorded.front().front().value<std::vector<Prediction>>();
    QCOMPARE(all.size(), std::size_t{1});
    DiagnosisPanel panel;
    panel.show_record(all);
    QVERIFY2(panel.record_text().contains("median error"), qPrintable(panel.record_text()));
  }

  void the_lab_measures_what_a_faster_node_brings() {
    Experiments& experiments = gains();
    QSignalSpy failed(&experiments, &Experiments::failed);
    QTRY_VERIFY_WITH_TIMEOUT(!experiments.busy(), 60'000);
    QCOMPARE(failed.count(), 0);
    QCOMPARE(measured_->count(), 1);
    const auto gain = measured_->front().front().value<VirtualGain>();
    QVERIFY2(std::abs(gain.ratio.ratio - 2) < 0.3, QByteArray::number(gain.ratio.ratio));  // 3 + 1 ms, then 1 + 1
    DiagnosisPanel panel;
    panel.show_gain(gain);
    QVERIFY2(panel.gain_text().contains("load1"), qPrintable(panel.gain_text()));

    experiments.measure_gain(slow_, "nobody", 2);
    QTRY_VERIFY_WITH_TIMEOUT(!experiments.busy(), 60'000);
    QCOMPARE(failed.count(), 1);
  }

  void a_stopped_lab_is_soon_free_again() {
    Experiments experiments;
    experiments.tune(slow_);
    QTest::qWait(200);
    experiments.stop();
    QTRY_VERIFY_WITH_TIMEOUT(!experiments.busy(), 5000);
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

FEEDLINE_WINDOW_TEST(TestDiagnosisPanel)

}  // namespace test_diagnosis_panel

#include "test_diagnosis_panel.moc"
