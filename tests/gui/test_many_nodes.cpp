// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: it counts processor time of its own thread, and takes the best of three rounds.
// What is done to all nodes at once stays about linear in their number: four times the nodes, less than eight times
// the processor time. By keys on the real window, its panels included.
#include "gui/app/main_window.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/node_item.h"
#include "support/deep_network.h"
#include "support/test_program.h"
#include "support/thread_time.h"
#include "support/window_home.h"

#include <QImage>
#include <QSignalBlocker>
#include <QTest>
#include <QUndoStack>

#include <algorithm>
#include <functional>

namespace feedline::gui::test_many_nodes {

class TestManyNodes : public QObject {
  Q_OBJECT

  static constexpr std::size_t kFew = 2'000;
  static constexpr std::size_t kMany = 4 * kFew;
  static constexpr double kMostRatio = 8;
  static constexpr int kRounds = 3;  // the best of which counts

  struct Costs {
    double select = 1e18;
    double duplicate = 1e18;
    double remove = 1e18;
  };
  test::WindowHome home_{};

  static void key(MainWindow& window, int key, Qt::KeyboardModifiers modifiers = {}) {
    QTest::keyClick(&window.view(), static_cast<Qt::Key>(key), modifiers);
  }
  /// Until it is on the screen.
  static double cost_of(MainWindow& window, const std::function<void()>& work) {
    QCoreApplication::processEvents();  // what came before
    const double begin = test::thread_cpu_ms();
    work();
    QWidget* port = window.view().viewport();
    QImage frame(port->size(), QImage::Format_RGB32);
    port->render(&frame);
    return test::thread_cpu_ms() - begin;
  }
  static void choose_every_third(MainWindow& window) {
    const QSignalBlocker at_once(window.view().scene());
    window.view().scene()->clearSelection();
    for (const auto& [id, item] : window.view().graph_scene().nodes())
      if (item->face().type == QLatin1String("relu")) item->setSelected(true);
  }
  static void measure(std::size_t nodes, Costs& best) {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.document().reset(test::deep_network(nodes), {});
    window.view().setFocus();
    const auto count = [&] { return window.document().document().nodes().size(); };
    for (int i = 0; i < kRounds; ++i) {
      window.view().scene()->clearSelection();
      const double select = cost_of(window, [&] { key(window, Qt::Key_A, Qt::ControlModifier); });
      QCOMPARE(window.view().graph_scene().selected_nodes().size(), nodes);
      const double duplicate = cost_of(window, [&] {
        key(window, Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(count(), 2 * nodes);
        key(window, Qt::Key_Z, Qt::ControlModifier);
      });
      QCOMPARE(count(), nodes);
      choose_every_third(window);
      const double remove = cost_of(window, [&] { key(window, Qt::Key_Delete); });
      QVERIFY(count() < nodes * 3 / 4);
      QVERIFY(window.document().document().link_into({"layer3", "x"}) != nullptr);  // healed
      window.document().undo_stack().undo();
      QCOMPARE(count(), nodes);
      best = {std::min(best.select, select), std::min(best.duplicate, duplicate), std::min(best.remove, remove)};
    }
    window.close_quietly();
  }

 private Q_SLOTS:
  void four_times_the_nodes_cost_less_than_eight_times_as_much() {
    Costs few;
    Costs many;
    measure(kFew, few);
    if (QTest::currentTestFailed()) return;
    measure(kMany, many);
    if (QTest::currentTestFailed()) return;
    const auto check = [](const char* what, double a, double b) {
      const QByteArray told = QByteArray(what) + ": " + QByteArray::number(a, 'f', 1) + " ms, then " +
                              QByteArray::number(b, 'f', 1) + " ms, " + QByteArray::number(b / a, 'f', 1) + " times";
      qInfo("%s", told.constData());
      QVERIFY2(b < kMostRatio * a, told);
    };
    check("select all", few.select, many.select);
    check("duplicate all and undo", few.duplicate, many.duplicate);
    check("delete a third and heal", few.remove, many.remove);
  }
};

FEEDLINE_WINDOW_TEST(TestManyNodes)

}  // namespace feedline::gui::test_many_nodes

#include "test_many_nodes.moc"
