// SPDX-License-Identifier: GPL-3.0-or-later

// Studies in the window: what is asked, the Pareto plot and the table on results made by hand, and a real study of the
// graph in the current tab.

#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/runs/study_plot.h"
#include "gui/runs/study_window.h"
#include "gui/workspace/workspace.h"
#include "runs/run_store.h"
#include "support/answer.h"
#include "support/results.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTreeWidget>
#include <qcustomplot.h>

namespace test_study_window {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

/// Three settings, one seed: fast and poor, slow and good, slow and poor.
Study study_by_hand() {
  Study study{.name = "study-1", .rungs = {{1, 3}}, .metric = test::accuracy_of(kValSplit, 0), .seconds = 6};
  const std::vector<std::pair<double, double>> results = {{1, 0.5}, {3, 0.9}, {2, 0.4}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    study.settings.push_back({.name = "batch.size=" + std::to_string(i + 1)});
    StudyTrial trial{.setting = i, .run = static_cast<std::int64_t>(i + 10), .complete = true};
    trial.record.epochs = {{.epoch = 1,
                            .metrics = test::classified(1, kUnknown, kUnknown, results[i].second),
                            .wall_s = results[i].first,
                            .samples = 100}};
    study.trials.push_back(std::move(trial));
  }
  return study;
}

}  // namespace

class TestStudyWindow : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { small_ = with(small_network(home_.path()), "trainer", "epochs", std::int64_t{2}); }

  void what_is_asked_is_checked() {
    StudyWindow window;
    window.show_graph("small", small_);
    window.set_limits(1, 0, {});
    QVERIFY(!window.request());  // one seed of one graph
    window.set_variation(0, "adam.learning_rate", "0.001, 0.01");
    window.set_limits(3, 1.5, "val_accuracy=0.9");
    const auto request = window.request();
    QVERIFY(request);
    QCOMPARE(request->variations.size(), std::size_t{1});
    QCOMPARE(request->variations.front().param, std::string("adam.learning_rate"));
    QCOMPARE(request->variations.front().values, (std::vector<std::string>{"0.001", "0.01"}));
    QCOMPARE(request->seeds, std::size_t{3});
    QCOMPARE(*request->budget_s, 90.0);
    QVERIFY((*request->target == MetricTarget{"val_accuracy", 0.9}));
    window.set_variation(1, "batch.size", {});
    QVERIFY(!window.request());
    QSignalSpy wanted(&window, &StudyWindow::start_wanted);
    window.findChild<QPushButton*>("start_study")->click();
    QCOMPARE(wanted.count(), 0);
    QVERIFY2(window.words().contains("batch.size"), qPrintable(window.words()));
    window.set_variation(1, {}, {});
    window.set_limits(3, 0, "accuracy");
    QVERIFY(!window.request());
  }

  void the_front_is_drawn_and_the_best_stands_first() {
    StudyWindow window;
    window.show_study(study_by_hand());
    const StudyPlot& plot = window.plot();
    QCOMPARE(plot.points()->dataCount(), 3);
    QCOMPARE(plot.front()->dataCount(), 2);
    QCOMPARE(plot.front()->data()->at(0)->key, 1.0);
    QCOMPARE(plot.front()->data()->at(1)->key, 3.0);
    QCOMPARE(plot.front()->data()->at(1)->value, 90.0);
    QCOMPARE(plot.plot()->itemCount(), 2);  // the names of those two
    QTreeWidget& table = window.table();
    QCOMPARE(table.topLevelItemCount(), 3);
    QCOMPARE(table.topLevelItem(0)->text(0), QString("batch.size=2"));
    QCOMPARE(table.topLevelItem(0)->text(1), QString("complete"));
    QCOMPARE(table.topLevelItem(0)->text(4), QString("90.0 %"));
    QCOMPARE(table.topLevelItem(0)->text(6), QString("11"));
    QVERIFY(table.topLevelItem(1)->font(0).bold() && !table.topLevelItem(2)->font(0).bold());
    QVERIFY2(window.words().contains("3 settings with 1 seed"), qPrintable(window.words()));
    window.show_study(study_by_hand());  // nothing is drawn twice
    QCOMPARE(plot.plot()->itemCount(), 2);
    window.show_graph("another", small_);
    QCOMPARE(plot.points()->dataCount(), 0);
    QCOMPARE(table.topLevelItemCount(), 0);
  }

  void the_graph_of_the_tab_is_studied() {
    MainWindow window;
    window.show();
    window.workspace().current().take_copy({small_, {}}, "small");
    QAction* action = nullptr;
    for (QAction* menu : window.menuBar()->actions())
      if (menu->menu() != nullptr)
        for (QAction* entry : menu->menu()->actions())
          if (entry->text().remove(QLatin1Char('&')) == QString::fromUtf8("Study…")) action = entry;
    QVERIFY(action != nullptr);
    action->trigger();
    auto* asked = window.findChild<StudyWindow*>();
    QVERIFY(asked != nullptr && asked->isVisible());
    asked->set_variation(0, "adam.learning_rate", "0.0000001, 0.01");
    asked->set_limits(1, 0, {});
    auto* button = asked->findChild<QPushButton*>("start_study");
    QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(button->text(), QString("&Stop"));
    {
      Answer enter(Answer::enter());  // hours of it are not given up by a hasty click
      QVERIFY(!window.close());
      QVERIFY2(enter.text().contains("study"), qPrintable(enter.text()));
      QCOMPARE(enter.default_button(), QString("Keep studying"));
    }
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QString("&Start"), 60'000);
    QVERIFY2(asked->words().contains("Complete"), qPrintable(asked->words()));
    QCOMPARE(asked->table().topLevelItemCount(), 2);
    QCOMPARE(asked->table().topLevelItem(0)->text(0), QString("adam.learning_rate=0.01"));
    auto database = Database::open();
    QVERIFY(database);
    const auto recorded = [&] {
      const auto runs = list_runs(*database, {.text = "adam.learning_rate=0.01"});
      return runs && runs->size() == 1 && runs->front().origin == "window" && runs->front().tags.size() == 1;
    };
    QTRY_VERIFY(recorded());  // another thread writes the record

    // A value that is not allowed is told where it was asked.
    asked->set_variation(0, "batch.size", "-1, 4");
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY2(asked->words().contains("batch.size"), qPrintable(asked->words()));
  }

 private:
  WindowHome home_{};
  Document small_{};
};

FEEDLINE_WINDOW_TEST(TestStudyWindow)

}  // namespace test_study_window

#include "test_study_window.moc"
