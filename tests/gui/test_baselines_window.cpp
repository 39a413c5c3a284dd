// SPDX-License-Identifier: GPL-3.0-or-later

// Baselines in the window: plot, table and words on results made by hand, and the chosen model in the graph of the tab.

#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/runs/baselines_plot.h"
#include "gui/runs/baselines_window.h"
#include "gui/workspace/workspace.h"
#include "support/results.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTreeWidget>
#include <QUndoStack>
#include <qcustomplot.h>

#include <algorithm>

namespace test_baselines_window {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

/// The models of a graph in two folds: the most frequent class, fast and poor; a small net, slow and good; what is
/// drawn, slower and no better. All others have not run.
Baselines baselines_of(const Document& document) {
  auto models = baseline_models(document);
  if (!models) qFatal("%s", models.error().line().c_str());
  Baselines baselines{
      .name = "baselines-1", .models = std::move(*models), .folds = 2, .metric = test::accuracy_of(kValSplit, 0)};
  for (std::size_t i = 0; i < baselines.models.size(); ++i) {
    const std::string& name = baselines.models[i].name;
    const bool guesses = name == "majority_class";
    if (!guesses && !baselines.models[i].network) continue;
    for (std::size_t fold = 0; fold < 2; ++fold) {
      BaselineFit fit{.model = i, .fold = fold, .wall_s = 9};
      fit.trial.complete = true;
      const double accuracy = guesses ? 0.1 : name == "small_net" ? 0.9 : 0.8;
      fit.trial.record.epochs = {{.epoch = 1, .metrics = test::classified(1, kUnknown, kUnknown, accuracy)}};
      const double seconds = guesses ? 0.001 : name == "small_net" ? 0.1 : 2;
      fit.trial.times = test::times_of({{Phase::Fit, from_seconds(seconds)}});
      baselines.fits.push_back(std::move(fit));
    }
  }
  return baselines;
}

/// Chooses the row of this model, as a click on it does; false: there is none.
bool choose_row(QTreeWidget& table, const QString& title) {
  const QList<QTreeWidgetItem*> items = table.findItems(title, Qt::MatchExactly);
  if (items.size() != 1) return false;
  table.setCurrentItem(items.front());
  return items.front()->isSelected();
}

}  // namespace

class TestBaselinesWindow : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { small_ = small_network(home_.path()); }

  void what_is_found_is_drawn_named_and_said() {
    BaselinesWindow window;
    window.show_graph("small");
    const QString purpose = window.words();
    window.show_baselines(baselines_of(small_));
    const BaselinesPlot& plot = window.plot();
    QCOMPARE(plot.plot()->xAxis->scaleType(), QCPAxis::stLogarithmic);
    QCOMPARE(plot.points()->dataCount(), 3);
    QCOMPARE(plot.front()->dataCount(), 2);
    QCOMPARE(plot.front()->data()->at(1)->key, 0.1);
    QCOMPARE(plot.front()->data()->at(1)->value, 90.0);
    QCOMPARE(plot.names().size(), std::size_t{3});
    QVERIFY(plot.plot()->xAxis->range().contains(0.001) && plot.plot()->xAxis->range().contains(2));
    // Guessing, far below, leaves the axis to those that learn, and is named at its edge.
    QVERIFY(plot.plot()->yAxis->range().contains(80) && !plot.plot()->yAxis->range().contains(10));
    QVERIFY(std::any_of(plot.names().begin(), plot.names().end(),
                        [](const QCPItemText* name) { return name->text().contains("10.0 %, below"); }));
    QTreeWidget& table = window.table();
    QVERIFY(table.topLevelItemCount() >= 3);
    QCOMPARE(table.topLevelItem(1)->text(0), QString("Small net"));
    QCOMPARE(table.topLevelItem(1)->text(1), QString("complete"));
    QVERIFY2(table.topLevelItem(1)->text(2).startsWith("90.0 %"), qPrintable(table.topLevelItem(1)->text(2)));
    QVERIFY(table.topLevelItem(1)->font(0).bold() && !table.topLevelItem(2)->font(0).bold());
    QVERIFY2(window.words().contains("Small net is best with 90.0 %"), qPrintable(window.words()));
    QVERIFY2(window.words().contains("What is drawn comes to 80.0 %"), qPrintable(window.words()));
    window.show_baselines(baselines_of(small_));  // nothing is drawn twice
    QCOMPARE(plot.names().size(), std::size_t{3});
    window.show_graph("another");
    QCOMPARE(window.words(), purpose);
    QCOMPARE(plot.points()->dataCount(), 0);
    QCOMPARE(table.topLevelItemCount(), 0);
  }

  void time_and_folds_are_asked_for() {
    BaselinesWindow window;
    window.set_limits(4, 1.5);
    QCOMPARE(window.request().folds, std::size_t{4});
    QCOMPARE(*window.request().budget_s, 90.0);
    window.set_limits(3, 0);
    QVERIFY(!window.request().budget_s);
    auto* button = window.findChild<QPushButton*>("start_baselines");
    QSignalSpy started(&window, &BaselinesWindow::start_wanted);
    QSignalSpy stopped(&window, &BaselinesWindow::stop_wanted);
    button->click();
    window.set_busy(true);
    QCOMPARE(button->text(), QString("&Stop"));
    const QString words = window.words();
    window.show_progress("Decision tree, fold 1 of 4", 12);
    auto* progress = window.findChild<QLabel*>("baselines_progress");
    QVERIFY2(progress->text().startsWith("Decision tree, fold 1 of 4"), qPrintable(progress->text()));
    QCOMPARE(window.words(), words);  // who reads them is not disturbed
    button->click();
    QCOMPARE(started.count(), 1);
    QCOMPARE(stopped.count(), 1);
    window.show_error({.reason = "there is no batch", .node = "trainer"});
    QVERIFY2(window.words().contains("there is no batch"), qPrintable(window.words()));
  }

  void the_chosen_model_takes_the_place_of_what_is_drawn() {
    MainWindow window;
    window.show();
    window.workspace().current().take_copy({small_, {}}, "small");
    QAction* action = nullptr;
    for (QAction* menu : window.menuBar()->actions())
      if (menu->menu() != nullptr)
        for (QAction* entry : menu->menu()->actions())
          if (entry->text().remove(QLatin1Char('&')) == QString::fromUtf8("Baselines…")) action = entry;
    QVERIFY(action != nullptr);
    action->trigger();
    auto* asked = window.findChild<BaselinesWindow*>();
    QVERIFY(asked != nullptr && asked->isVisible());
    auto* use = asked->findChild<QPushButton*>("use_baseline");
    DocumentController& controller = window.workspace().current().document();
    const Document before = controller.document();
    asked->show_baselines(baselines_of(before));
    QVERIFY(use->isVisible() && !use->isEnabled());
    QVERIFY(choose_row(asked->table(), "Majority class"));
    QVERIFY(use->isEnabled());
    QTest::mouseClick(use, Qt::LeftButton);
    QVERIFY(controller.document().find("majority_class") != nullptr && controller.document().find("hidden") == nullptr);
    QVERIFY(controller.analysis().ok());
    QVERIFY2(asked->words().contains("undo"), qPrintable(asked->words()));
    QCOMPARE(controller.undo_stack().undoText(), QString("Use Majority class"));
    // Back by choosing it, and by undo.
    QVERIFY(choose_row(asked->table(), "As drawn"));
    QTest::mouseClick(use, Qt::LeftButton);
    QVERIFY(controller.document().find("hidden") != nullptr && controller.analysis().ok());
    controller.undo_stack().undo();
    controller.undo_stack().undo();
    QVERIFY(controller.document() == before);
  }

 private:
  WindowHome home_{};
  Document small_{};
};

FEEDLINE_WINDOW_TEST(TestBaselinesWindow)

}  // namespace test_baselines_window

#include "test_baselines_window.moc"
