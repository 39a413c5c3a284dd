// SPDX-License-Identifier: GPL-3.0-or-later
// What the curves of a run say at its end, in the diagnosis panel, and the edits that they suggest.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/diagnosis/curve_verdicts.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

namespace test_curve_verdicts {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

std::string set_by(const Document& document, const Fix& fix, const char* node, const char* param) {
  const auto changed = with_edit(document, fix.edit);
  return changed ? to_text(changed->find(node)->params.at(param)) : changed.error().line();
}

}  // namespace

class TestCurveVerdicts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { graph_ = small_network(home_.path()); }

  void findings_become_edits() {
    const Document graph = with(graph_, "adam", "learning_rate", 0.001);
    const auto high = fix_of({.kind = CurveKind::RateTooHigh}, graph);
    QVERIFY(high && high->changes_results);
    QCOMPARE(set_by(graph, *high, "adam", "learning_rate"), to_text(Value(0.0002)));
    const auto low = fix_of({.kind = CurveKind::RateTooLow}, graph);
    QVERIFY(low && low->id != high->id);
    QCOMPARE(set_by(graph, *low, "adam", "learning_rate"), to_text(Value(0.005)));
    const auto over = fix_of({.kind = CurveKind::Overfitting}, graph);
    QVERIFY(over.has_value());
    QCOMPARE(set_by(graph, *over, "trainer", "stop_early"), std::string("val_loss"));
    const auto there =
        fix_of({.kind = CurveKind::Overfitting}, with(graph, "trainer", "stop_early", std::string("val_accuracy")));
    QVERIFY(!there);
    QVERIFY(!fix_of({.kind = CurveKind::Underfitting}, graph));
    QVERIFY(!fix_of({.kind = CurveKind::RateTooHigh}, Document()));
    QVERIFY(!fix_of({.kind = CurveKind::RateTooHigh}, with(graph, "adam", "learning_rate", 0.0)));
  }

  void the_end_of_a_run_says_what_to_change() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    Document slow = with(graph_, "adam", "learning_rate", 1e-5);
    slow = with(slow, "dropout", "probability", 0.0);
    window.document().reset(with(slow, "trainer", "epochs", std::int64_t{6}), {});
    CurveVerdicts& curves = window.diagnosis().panel->curves();
    QVERIFY(curves.isHidden());
    QSignalSpy finished(&window.runs(), &RunController::finished);
    QTest::keyClick(&window, Qt::Key_F5);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 60'000);
    Panels::show(window.diagnosis().panel);
    QVERIFY2(curves.text().contains("learning rate is too low"), qPrintable(curves.text()));
    QPushButton* apply = curves.apply_button();
    QVERIFY(apply != nullptr && apply->isVisible());
    QTest::mouseClick(apply, Qt::LeftButton);
    const auto rate = [&] { return to_text(window.document().document().find("adam")->params.at("learning_rate")); };
    QCOMPARE(rate(), to_text(Value(5e-5)));
    auto* undo = window.diagnosis().panel->findChild<QPushButton*>("undo_fix");
    QVERIFY(undo != nullptr && undo->isVisible());
    QTest::mouseClick(undo, Qt::LeftButton);
    QCOMPARE(rate(), to_text(Value(1e-5)));
    QTest::keyClick(&window, Qt::Key_F5);  // the next run forgets it
    QTRY_VERIFY(curves.isHidden());
    window.close_quietly();
  }

 private:
  WindowHome home_{};
  Document graph_{};
};

FEEDLINE_WINDOW_TEST(TestCurveVerdicts)

}  // namespace test_curve_verdicts

#include "test_curve_verdicts.moc"
