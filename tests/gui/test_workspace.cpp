// SPDX-License-Identifier: GPL-3.0-or-later
// Several graphs in tabs: each with its own document, undo stack, selection, view and run.
#include "graph/json.h"
#include "gui/app/history_panel.h"
#include "gui/app/main_window.h"
#include "gui/app/problems_panel.h"
#include "gui/app/run_bar.h"
#include "gui/canvas/graph_view.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/param_row.h"
#include "support/answer.h"
#include "support/mouse.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QDockWidget>
#include <QDropEvent>
#include <QMimeData>
#include <QTabBar>
#include <QTest>
#include <QTreeView>
#include <QUndoView>

namespace feedline::gui::test_workspace {

using test::Answer;

namespace {

Edit rename(const char* from, const char* to) { return Edit{RenameNode{from, to}}; }
Edit set(const char* node, const char* param, std::int64_t value) {
  return Edit{SetParam{.node = node, .param = param, .value = Value(value)}};
}

}  // namespace

class TestWorkspace : public QObject {
  Q_OBJECT

  test::WindowHome home_{};
  Document network_{};

  /// A window with the network in its first tab and the same, smaller, in a second one.
  struct Two {
    explicit Two(const Document& network) {
      window.resize(1280, 800);
      window.show();
      window.activateWindow();
      if (!QTest::qWaitForWindowActive(&window)) qFatal("no window");
      first = &window.workspace().current();
      first->document().reset(network, {});
      second = &window.workspace().add();
      Document small = network;
      if (!small.apply(Edit{RemoveNode{"trainer"}})) qFatal("fixture");
      second->document().reset(std::move(small), {});
    }
    ~Two() { window.close_quietly(); }
    MainWindow window{};
    DocumentTab* first = nullptr;
    DocumentTab* second = nullptr;
  };

 private Q_SLOTS:
  void initTestCase() { network_ = test::small_network(home_.path(), 960); }
  void init() { QSettings().clear(); }

  void each_tab_has_its_own_history_selection_and_view() {
    Two t(network_);
    QCOMPARE(&t.window.workspace().current(), t.second);
    t.second->view().select_node("hidden");
    QVERIFY(t.second->document().apply(rename("hidden", "wide")));
    QTest::keyClick(&t.window, Qt::Key_Tab, Qt::ControlModifier);
    QCOMPARE(&t.window.workspace().current(), t.first);
    QVERIFY(!t.window.actions().undo->isEnabled());
    QVERIFY(!t.first->modified());
    QVERIFY(t.first->selected_nodes().isEmpty());
    QVERIFY(t.first->document().apply(rename("relu", "act")));
    t.first->view().zoom_in();
    QVERIFY(t.first->view().zoom() != t.second->view().zoom());
    QTest::keyClick(&t.window, Qt::Key_Tab, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(&t.window.workspace().current(), t.second);
    QCOMPARE(t.second->selected_nodes(), QStringList{"wide"});
    QCOMPARE(t.window.actions().undo->text(), QString("&Undo Rename hidden to wide"));
    t.window.actions().undo->trigger();
    QVERIFY(t.second->document().document().find("hidden") != nullptr);
    QVERIFY(t.first->document().document().find("act") != nullptr);  // the other tab's step stays
    QVERIFY(!t.second->modified());
    QVERIFY(t.first->modified());
  }

  void a_click_on_a_tab_shows_it_and_tabs_can_be_dragged() {
    Two t(network_);
    QTabBar* bar = t.window.workspace().tabBar();
    QVERIFY(bar->isVisible());
    QTest::mouseClick(bar, Qt::LeftButton, {}, bar->tabRect(0).center());
    QCOMPARE(&t.window.workspace().current(), t.first);
    test::drag(bar, bar->tabRect(0).center(), bar->tabRect(1).center() + QPoint(30, 0));
    QTRY_COMPARE(t.window.workspace().documents(), (QList<DocumentTab*>{t.second, t.first}));
    QCOMPARE(&t.window.workspace().current(), t.first);
  }

  void nodes_are_copied_from_tab_to_tab_and_window_to_window() {
    Two t(network_);
    t.first->document().reset(Document(), {});
    t.window.actions().select_all->trigger();
    t.window.actions().copy->trigger();
    t.window.actions().next_tab->trigger();
    t.window.actions().paste->trigger();
    QCOMPARE(t.first->document().document().nodes().size(), t.second->document().document().nodes().size());
    QCOMPARE(t.first->document().document().links().size(), t.second->document().document().links().size());
    MainWindow other;
    other.show();
    other.actions().paste->trigger();
    QCOMPARE(other.document().document().links().size(), t.second->document().document().links().size());
    other.close_quietly();
  }

  void opening_goes_to_a_free_tab_and_a_file_opens_once() {
    const QString path = home_.file("once.feedline");
    QVERIFY(save_document(network_, path.toStdString()));
    MainWindow window;
    window.show();
    QVERIFY(window.files().open(path));
    QCOMPARE(window.workspace().count(), 1);  // nothing was in the first one
    QVERIFY(window.files().open_example("quickstart"));
    QCOMPARE(window.workspace().count(), 2);
    QVERIFY(window.files().open(path));
    QCOMPARE(window.workspace().count(), 2);
    QCOMPARE(window.document().file(), path);
    QCOMPARE(window.workspace().tabText(0), QString("once.feedline"));
    QVERIFY(window.document().apply(rename("relu", "act")));
    QCOMPARE(window.workspace().tabText(0), QString("once.feedline *"));
    window.close_quietly();
  }

  void closing_asks_for_the_unsaved_and_leaves_an_empty_one() {
    Two t(network_);
    QVERIFY(t.second->document().apply(rename("relu", "act")));
    {
      Answer keep("Cancel");
      t.window.actions().close_tab->trigger();
      QVERIFY(keep.given());
    }
    QCOMPARE(t.window.workspace().count(), 2);
    t.window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&t.window));
    {
      Answer discard("Discard");
      QTest::keyClick(&t.window, Qt::Key_W, Qt::ControlModifier);
      QVERIFY(discard.given());
    }
    QCOMPARE(t.window.workspace().documents(), QList<DocumentTab*>{t.first});
    t.window.workspace().add();
    QTest::mouseClick(t.window.workspace().tabBar()->tabButton(1, QTabBar::RightSide), Qt::LeftButton);
    QCOMPARE(t.window.workspace().documents(), QList<DocumentTab*>{t.first});
    t.window.actions().close_tab->trigger();
    QCOMPARE(t.window.workspace().count(), 1);
    QVERIFY(t.window.workspace().current().pristine());
    QVERIFY(!t.window.actions().undo->isEnabled());
  }

  void a_run_belongs_to_its_tab() {
    Two t(network_);
    t.window.workspace().show(*t.first);
    QVERIFY(t.first->document().apply(set("trainer", "epochs", 100'000)));
    t.window.actions().run->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(t.window.runs().state(), RunController::State::Running, 60'000);
    QVERIFY(!t.window.workspace().tabIcon(0).isNull());
    t.window.actions().next_tab->trigger();
    QVERIFY2(t.window.windowTitle().startsWith("Running Untitled · Untitled 2"), qPrintable(t.window.windowTitle()));
    QVERIFY(!t.window.actions().run->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(!t.window.run_bar().progress_text().isEmpty(), 20'000);
    {
      t.window.actions().next_tab->trigger();
      Answer keep("Keep running");
      Answer discard("Discard");
      t.window.actions().close_tab->trigger();
      QVERIFY(keep.given());
      QCOMPARE(t.window.workspace().count(), 2);
    }
    Answer stop("Stop and close");
    Answer discard("Discard");
    t.window.actions().close_tab->trigger();
    QVERIFY(stop.given());
    QCOMPARE(t.window.workspace().documents(), QList<DocumentTab*>{t.second});
    QTRY_COMPARE_WITH_TIMEOUT(t.window.runs().state(), RunController::State::Idle, 20'000);
    QVERIFY(t.window.live_run().tab() == nullptr);
  }

  void history_names_every_step_and_a_click_goes_there() {
    Two t(network_);
    const std::string start = to_json(t.second->document().document());
    QVERIFY(t.second->document().apply(rename("relu", "act")));
    QVERIFY(t.second->document().apply(set("batch", "size", 16)));
    QVERIFY(t.second->document().apply(set("batch", "size", 8)));
    const std::string end = to_json(t.second->document().document());
    Panels::show(t.window.panels().history);
    QUndoView& list = t.window.panels().history->list();
    const QAbstractItemModelTester tester(list.model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(list.model()->rowCount(), 4);
    QCOMPARE(list.model()->index(1, 0).data().toString(), QString("Rename relu to act"));
    QCOMPARE(list.model()->index(2, 0).data().toString(), QString("batch.size 32 → 16"));
    const auto click = [&](int row) {
      list.scrollTo(list.model()->index(row, 0));
      QTest::mouseClick(list.viewport(), Qt::LeftButton, {}, list.visualRect(list.model()->index(row, 0)).center());
    };
    click(0);
    QCOMPARE(to_json(t.second->document().document()), start);
    QVERIFY(!t.second->modified());
    QVERIFY(!t.window.isWindowModified());
    click(3);
    QCOMPARE(to_json(t.second->document().document()), end);
    QVERIFY(t.window.isWindowModified());
    t.window.actions().next_tab->trigger();
    QCOMPARE(list.model()->rowCount(), 1);  // that of the other tab
  }

  void undoing_to_the_saved_state_is_clean() {
    const QString path = home_.file("clean.feedline");
    QVERIFY(save_document(network_, path.toStdString()));
    MainWindow window;
    window.show();
    QVERIFY(window.files().open(path));
    QVERIFY(window.document().apply(set("batch", "size", 16), "drag"));
    window.actions().save->trigger();
    QVERIFY(!window.isWindowModified());
    QVERIFY(window.document().apply(set("batch", "size", 17), "drag"));  // merges with no step that was saved
    QVERIFY(window.isWindowModified());
    window.actions().undo->trigger();
    QVERIFY(!window.isWindowModified());
    window.actions().undo->trigger();
    QVERIFY(window.isWindowModified());
    window.actions().redo->trigger();
    QVERIFY(!window.isWindowModified());
    window.close_quietly();
  }

  void a_problem_leads_to_its_field() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    Document document;
    QVERIFY(document.apply(Edit{AddNode{.node = {.id = "photos", .type = "image_folder"}}}));
    QVERIFY(document.apply(Edit{AddNode{.node = {.id = "other", .type = "relu", .position = {400, 0}}}}));
    window.document().reset(document, {});
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.findChild<QDockWidget*>("inspector")->hide();
    Panels::show(&window.problems());
    auto* list = window.problems().findChild<QTreeView*>();
    int row = 0;
    while (list->model()->index(row, ProblemsModel::WhereColumn).data().toString() != "photos.folder") ++row;
    QTRY_VERIFY(list->isVisible());
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(list->model()->index(row, 0)).center());
    QCOMPARE(window.workspace().current().selected_nodes(), QStringList{"photos"});
    auto* field = window.panels().inspector->findChild<ParamRow*>("folder");
    QVERIFY(field != nullptr);
    QTRY_VERIFY(field->isVisible());
    QTRY_VERIFY(field->isAncestorOf(QApplication::focusWidget()));
    QTest::keyClicks(QApplication::focusWidget(), "/tmp");
    QCOMPARE(std::get<std::string>(window.document().document().find("photos")->params.at("folder")), "/tmp");
    window.close_quietly();
  }
};

FEEDLINE_WINDOW_TEST(TestWorkspace)

}  // namespace feedline::gui::test_workspace

#include "test_workspace.moc"
