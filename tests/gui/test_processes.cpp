// SPDX-License-Identifier: GPL-3.0-or-later
// A run that the window shares out among processes: how many are offered, what one that fails says, and how they end
// when the window closes.
#include "base/cores.h"
#include "gui/app/main_window.h"
#include "support/answer.h"
#include "support/places.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QActionGroup>
#include <QApplication>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QTest>
#include <QTimer>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>

namespace test_processes {

using namespace feedline;
using namespace feedline::gui;
using feedline::test::Answer;

namespace {

QAction* entry(const QList<QAction*>& actions, const QString& begin) {
  const auto found = std::find_if(actions.begin(), actions.end(), [&](const QAction* action) {
    return QString(action->text()).remove('&').startsWith(begin);
  });
  return found == actions.end() ? nullptr : *found;
}

void walk_to(QMenu* menu, const QAction* action) {
  for (int i = 0; i < 30 && menu->activeAction() != action; ++i) QTest::keyClick(menu, Qt::Key_Down);
}

/// Run > Processes > this many: the menu by the mouse, what is in it by keys.
bool choose(MainWindow& window, int processes) {
  QAction* run = entry(window.menuBar()->actions(), "Run");
  QTest::mouseClick(window.menuBar(), Qt::LeftButton, {}, window.menuBar()->actionGeometry(run).center());
  QMenu* menu = run->menu();
  if (!menu->isVisible()) return false;
  QAction* submenu = entry(menu->actions(), "Processes");
  QMenu* counts = submenu->menu();
  QAction* count = entry(counts->actions(), QString::number(processes));
  walk_to(menu, submenu);
  QTest::keyClick(menu, Qt::Key_Right);
  if (!counts->isVisible() || count == nullptr) return false;
  walk_to(counts, count);
  QTest::keyClick(counts, Qt::Key_Return);
  return window.actions().processes->checkedAction() == count;
}

}  // namespace

class TestProcesses : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    const QFileInfo program(test::cli_path());
    if (!program.isExecutable()) QSKIP("feedline-cli is not built");
    qputenv("PATH", program.absolutePath().toUtf8() + ':' + qgetenv("PATH"));
    network_ = test::with(test::small_network(home_.path()), "trainer", "epochs", std::int64_t{100'000});
  }
  void init() { QSettings().clear(); }
  void cleanup() { qunsetenv("FEEDLINE_INTERFACE"); }

  void small_machines_offer_four() {
    const std::vector<int> small = {1, 2, 4};
    QCOMPARE(process_choices(1), small);
    QCOMPARE(process_choices(2), small);
    QCOMPARE(process_choices(3), (std::vector<int>{1, 2, 3, 4}));
    QCOMPARE(process_choices(4), small);
    QCOMPARE(process_choices(6), (std::vector<int>{1, 2, 4, 6}));
    QCOMPARE(process_choices(64), (std::vector<int>{1, 2, 4, 8}));
  }

  /// With a note where they are more than there are cores.
  void the_menu_offers_them() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(choose(window, 4));
    const QAction* chosen = window.actions().processes->checkedAction();
    QCOMPARE(chosen->data().toInt(), 4);
    const auto cores = static_cast<int>(usable_cores());
    QCOMPARE(chosen->text().contains("more than cores"), cores < 4);
    QCOMPARE(chosen->toolTip().contains("take turns"), cores < 4);
    QVERIFY(choose(window, 1));
  }

  /// One that will not come is told of in its own words, in place of waiting for it.
  void one_that_fails_is_told_of() {
    MainWindow window;
    window.show();
    window.document().reset(network_, {});
    window.actions().processes->actions()[1]->trigger();
    qputenv("FEEDLINE_INTERFACE", "nowhere0");  // which the others alone read
    Answer told("OK");
    window.actions().run->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(told.given(), 60'000);
    if (told.text().contains("Gloo")) QSKIP(qPrintable(told.text()));
    QVERIFY2(told.text().contains("rank 1 ") && told.text().contains("nowhere0"), qPrintable(told.text()));
    QCOMPARE(window.runs().state(), RunController::State::Idle);
    window.close_quietly();
  }

  /// The window is gone at once and never stuck; the program ends when the last process has.
  void closing_ends_them() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.document().reset(network_, {});
    window.actions().processes->actions()[1]->trigger();
    std::int64_t helper = 0;
    bool hidden = false;
    std::optional<QElapsedTimer> beat;
    qint64 longest = 0;
    QTimer heart;
    connect(&heart, &QTimer::timeout, this, [&] { longest = std::max(longest, beat ? beat->restart() : 0); });
    heart.start(5);
    connect(&window.runs(), &RunController::snapshot_taken, this, [&](const Snapshot& now) {
      if (helper != 0 || now.ranks.size() < 2 || now.ranks[1].steps == 0) return;
      helper = now.ranks[1].process;
      QTimer::singleShot(0, &window, [&] {
        Answer stop("Stop and close");
        QTest::keyClick(&window, Qt::Key_Q, Qt::ControlModifier);
        hidden = stop.given() && !window.isVisible();
        beat.emplace().start();
      });
    });
    QString failure;
    connect(&window.runs(), &RunController::finished, this, [&](const RunResult& result) {
      if (result.failure) failure = QString::fromStdString(result.failure->line());
      if (helper == 0) QCoreApplication::exit(1);
    });
    Answer failed("OK");
    QTimer::singleShot(60'000, &window, [] { QCoreApplication::exit(2); });
    window.actions().run->trigger();
    QVERIFY(window.runs().active());
    const int code = QApplication::exec();
    if (failure.contains("Gloo")) QSKIP(qPrintable(failure));
    QVERIFY2(code == 0, qPrintable(failure));
    QVERIFY(hidden);
    QVERIFY2(longest < 1'000, qPrintable(QString::number(longest)));
    if (window.runs().at_rest()) QVERIFY(::kill(static_cast<pid_t>(helper), 0) != 0 && errno == ESRCH);
  }

 private:
  test::WindowHome home_{};
  Document network_{};
};

FEEDLINE_WINDOW_TEST(TestProcesses)

}  // namespace test_processes

#include "test_processes.moc"
