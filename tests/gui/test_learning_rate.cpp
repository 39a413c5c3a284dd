// SPDX-License-Identifier: GPL-3.0-or-later
// The learning rate in the real window: its schedule in the inspector before and during a run, and the test that finds
// a good one.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/app/problems_panel.h"
#include "gui/app/rate_controller.h"
#include "gui/canvas/graph_view.h"
#include "gui/diagnosis/find_rate_window.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/param_row.h"
#include "gui/inspector/schedule_plot.h"
#include "gui/session/run_length_finder.h"
#include "plan/plan.h"
#include "support/deep_network.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/thread_time.h"
#include "support/window_home.h"

#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace test_learning_rate {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

class TestLearningRate : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { graph_ = small_network(home_.path()); }

  void steps_are_those_of_the_plan() {
    const auto records = [](std::uint64_t count) { return [count](std::string_view) { return count; }; };
    for (const bool drop : {false, true}) {
      Document graph = with(graph_, "batch", "drop_last", drop);
      graph = with(graph, "trainer", "accumulate", std::int64_t{3});
      const auto plan = make_plan(graph, {});
      QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
      const RunLength length = run_length(graph, records((*plan)->train.sampler.source_size));
      QCOMPARE(length.batches_per_epoch, (*plan)->train.batches_per_epoch());
      QCOMPARE(length.steps_per_epoch, (length.batches_per_epoch + 2) / 3);
      QCOMPARE(length.steps(), 3 * length.steps_per_epoch);
    }
    QCOMPARE(run_length(with(graph_, "trainer", "epochs", std::int64_t{0}), records(320)).steps(), 0U);
    QCOMPARE(run_length(graph_, records(0)).steps(), 0U);
    QCOMPARE(run_length(Document(), records(320)).steps_per_epoch, 0U);
  }

  void the_schedule_follows_every_edit() {
    MainWindow window;
    open(window, graph_);
    window.view().select_node("adam");
    SchedulePlot* plot = schedule(window);
    QVERIFY(plot != nullptr);
    QTRY_COMPARE(plot->axis_text(), QString("step of 24 (3 epochs)"));  // 240 of 320 records, 32 a batch
    QCOMPARE(plot->curve().front().rate, plot->curve().back().rate);
    auto* choice = row(window, "schedule")->findChild<QComboBox*>();
    choice->setFocus();
    QTest::keyClick(choice, Qt::Key_Down);
    QTest::keyClick(choice, Qt::Key_Down);
    QCOMPARE(QString::fromStdString(to_text(window.document().document().find("adam")->params.at("schedule"))),
             QString("cosine"));
    QVERIFY(plot->curve().back().rate < 0.1 * plot->curve().front().rate);
    QVERIFY(plot->place_of(23, plot->curve().back().rate).y() > plot->place_of(0, plot->curve().front().rate).y());
    QVERIFY2(plot->reading_at(plot->place_of(23, 0)).startsWith("step 23: learning rate "),
             qPrintable(plot->reading_at(plot->place_of(23, 0))));
    auto* warmup = row(window, "warmup")->findChild<QLineEdit*>();
    warmup->setFocus();
    QTest::keyClick(warmup, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(warmup, "6");
    QVERIFY(plot->curve().front().rate < 0.5 * plot->curve().at(8).rate);
    window.document().undo_stack().undo();
    QVERIFY(plot->curve().front().rate > plot->curve().at(8).rate);
    window.view().select_node("last");
    QCOMPARE(schedule(window), nullptr);
    window.close_quietly();
  }

  /// Of 10,000 nodes, the window's thread has no frame's time to spare for it.
  void the_length_of_a_large_graph_is_found_beside_the_window() {
    DocumentController controller;
    controller.reset(deep_network(10'000), {});
    controller.set_probed({}, {{"source", {.records = 6'400}}});
    RunLengthFinder finder;
    QSignalSpy found(&finder, &RunLengthFinder::found);
    double best = 1e18;
    for (int round = 1; round <= 3; ++round) {
      QVERIFY(controller.apply({SetParam{"trainer", "epochs", std::int64_t{round}}}).has_value());
      const double begin = thread_cpu_ms();
      finder.ask(controller);
      QTRY_COMPARE_WITH_TIMEOUT(found.size(), round, 30'000);
      best = std::min(best, thread_cpu_ms() - begin);
      const RunLength length = run_length(controller.document(), [](std::string_view) { return 6'400; });
      QVERIFY(length.steps_per_epoch > 0);
      QCOMPARE(length.steps(), static_cast<std::uint64_t>(round) * length.steps_per_epoch);
      QVERIFY(finder.known(controller) == length);
    }
    QVERIFY2(best < 16, qPrintable(QStringLiteral("%1 ms of the window's thread").arg(best)));
    finder.ask(controller);  // nothing has changed since
    QTest::qWait(300);
    QCOMPARE(found.size(), 3);
    DocumentController other;
    QVERIFY(finder.known(other) == RunLength{});
  }

  void a_run_is_marked_in_it() {
    MainWindow window;
    open(window, with(graph_, "trainer", "epochs", std::int64_t{5000}));
    window.view().select_node("adam");
    QCOMPARE(schedule(window)->progress(), std::nullopt);
    QTest::keyClick(&window, Qt::Key_F5);
    QTRY_VERIFY_WITH_TIMEOUT(schedule(window)->progress().has_value() && schedule(window)->progress()->done > 0,
                             60'000);
    QVERIFY(schedule(window)->progress()->done <= 1);
    QVERIFY(std::abs(schedule(window)->progress()->rate - 1e-3) < 1e-12);
    QTest::keyClick(&window, Qt::Key_F5, Qt::ShiftModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    QCOMPARE(schedule(window)->progress(), std::nullopt);
    window.close_quietly();
  }

  void a_good_rate_is_found_and_taken() {
    MainWindow window;
    open(window, graph_);
    window.view().select_node("adam");
    const std::string before = to_json(window.document().document());
    auto* find = window.panels().inspector->findChild<QPushButton*>("find_rate");
    QVERIFY(find != nullptr && find->isVisible());
    QTest::mouseClick(find, Qt::LeftButton);
    FindRateWindow* shown = window.rates().find_window();
    QVERIFY(shown != nullptr && shown->isVisible());  // a small network may be done already
    QTRY_VERIFY2_WITH_TIMEOUT(shown->use_button()->isEnabled(), qPrintable(shown->text()), 120'000);
    QVERIFY(shown->smooth_curve()->dataCount() > 12);
    QCOMPARE(to_json(window.document().document()), before);  // the test changes nothing
    const double marked = shown->proposal_mark()->point1->coords().x();
    QTest::mouseClick(shown->use_button(), Qt::LeftButton);
    QCOMPARE(std::get<double>(window.document().document().find("adam")->params.at("learning_rate")), marked);
    window.document().undo_stack().undo();
    QCOMPARE(to_json(window.document().document()), before);
    window.close_quietly();
  }

  void an_unsure_proposal_offers_more_steps() {
    FindRateWindow shown;
    FoundRate found{.optimizer_node = "adam", .before = 0.001};
    for (int i = 0; i < 20; ++i) (void)add_loss(found.curve, std::pow(10, -6 + 0.2 * i), 2 - 0.05 * i);
    found.proposal = propose_rate(found.curve).value_or(RateProposal{});
    found.doubt = doubt_about(found.curve);
    QVERIFY(!found.doubt.empty());
    shown.show();
    shown.show_found(found);
    QVERIFY2(shown.text().contains("Unsure: with so few steps"), qPrintable(shown.text()));
    QVERIFY(shown.more_button()->isVisible() && shown.use_button()->isEnabled());
    QSignalSpy more(&shown, &FindRateWindow::more_wanted);
    QTest::mouseClick(shown.more_button(), Qt::LeftButton);
    QCOMPARE(more.count(), 1);
    found.doubt.clear();
    shown.show_found(found);
    QVERIFY(!shown.more_button()->isVisible() && !shown.text().contains("Unsure"));
  }

  void what_cannot_be_tested_is_told() {
    MainWindow window;
    Document broken = graph_;
    QVERIFY(broken.apply({RemoveLink{{"trainer", "loss"}}}).has_value());
    open(window, broken);
    window.actions().find_rate->trigger();
    QCOMPARE(window.rates().find_window(), nullptr);
    QVERIFY(window.panels().problems->isVisible());
    window.close_quietly();
  }

 private:
  static void open(MainWindow& window, const Document& graph) {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.document().reset(graph, {});
  }
  static SchedulePlot* schedule(MainWindow& window) {
    for (SchedulePlot* plot : window.panels().inspector->findChildren<SchedulePlot*>())
      if (plot->isVisibleTo(window.panels().inspector)) return plot;
    return nullptr;
  }
  static ParamRow* row(MainWindow& window, const char* param) {
    for (ParamRow* found : window.panels().inspector->findChildren<ParamRow*>(param))
      if (found->isVisibleTo(window.panels().inspector)) return found;
    return nullptr;
  }

  WindowHome home_{};
  Document graph_{};
};

FEEDLINE_WINDOW_TEST(TestLearningRate)

}  // namespace test_learning_rate

#include "test_learning_rate.moc"
