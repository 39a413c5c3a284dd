// SPDX-License-Identifier: GPL-3.0-or-later
// The workspaces of the window: keys, buttons, room for the canvas, layouts that are kept, small screens.
#include "graph/json.h"
#include "gui/app/live_label.h"
#include "gui/app/main_window.h"
#include "gui/app/panels.h"
#include "gui/app/run_bar.h"
#include "gui/app/verdict_link.h"
#include "gui/base/in_view.h"
#include "gui/base/settings.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/type_delegate.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/palette_panel.h"
#include "gui/plots/plot_panel.h"
#include "gui/plots/queues_panel.h"
#include "gui/plots/readings.h"
#include "gui/preview/preview_panel.h"
#include "gui/start/tour.h"
#include "schema/registry.h"
#include "support/results.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QDockWidget>
#include <QHelpEvent>
#include <QLabel>
#include <QMenuBar>
#include <QScreen>
#include <QSettings>
#include <QTabBar>
#include <QTest>
#include <QToolBar>
#include <QToolButton>
#include <QToolTip>
#include <QTreeView>
#include <qcustomplot.h>

#include <limits>
#include <tuple>
#include <vector>

namespace feedline::gui::test_work_modes {

class TestWorkModes : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  static QDockWidget* dock(MainWindow& window, const char* name) {
    return window.findChild<QDockWidget*>(QLatin1String(name));
  }
  static bool open(MainWindow& window, QSize size) {
    window.resize(size);
    window.show();
    if (!QTest::qWaitForWindowActive(&window) || !window.files().open_example("quickstart")) return false;
    QCoreApplication::processEvents();
    return true;
  }
  static double canvas_share(MainWindow& window) {
    QCoreApplication::processEvents();
    const QSize canvas = window.view().size();
    return double(canvas.width()) * canvas.height() / (double(window.width()) * window.height());
  }
  static QByteArray told(MainWindow& window) {
    const QSize canvas = window.view().size();
    return QByteArray::number(canvas.width()) + "x" + QByteArray::number(canvas.height()) + " in " +
           QByteArray::number(window.width()) + "x" + QByteArray::number(window.height());
  }

  /// Runs whose end takes many words.
  static std::vector<RunResult> long_ends() {
    RunResult completed;
    completed.epochs.resize(1'250);
    completed.epochs.back().metrics = {test::accuracy_of(kValSplit, 0.976)};
    completed.last.started = 1;
    completed.last.at = from_seconds(36'125);
    completed.last.trainer.samples = 2'911;
    completed.last.trainer.steps = 1;
    completed.last.trainer.stepped = from_seconds(1);
    RunResult stopped = completed;
    stopped.end = RunResult::End::Stopped;
    stopped.epochs.back().metrics = test::classified(0.123);
    RunResult failed = completed;
    failed.end = RunResult::End::Failed;
    failed.failure = Error{.reason = "the folder is gone",
                           .remedy = "Choose a folder that has one folder of pictures for each class",
                           .node = "source",
                           .parameter = "folder",
                           .file = "/home/somebody/pictures/of/last/summer/flowers"};
    return {completed, stopped, failed};
  }

 private Q_SLOTS:
  void init() {
    QSettings().clear();
    Theme::instance().set_font_scale(1);
    Theme::instance().set_mode(Theme::Mode::Light);  // as main() does: the style sheet makes everything larger
  }

  /// Run and the keys of workspaces take the panel away in which somebody typed.
  void the_keyboard_goes_to_the_canvas_when_its_panel_goes() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    window.view().setFocus();
    window.view().select_node("conv1");
    QTest::keyClick(&window.view(), Qt::Key_Return);
    QVERIFY(window.panels().inspector->isAncestorOf(window.focusWidget()));
    QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(window.modes().mode(), WorkMode::Watch);
    QCOMPARE(window.focusWidget(), static_cast<QWidget*>(&window.view()));
    window.close_quietly();
  }

  void the_canvas_has_room_in_every_workspace_data() {
    QTest::addColumn<QSize>("size");
    QTest::newRow("1280x800") << QSize(1280, 800);
    QTest::newRow("1920x1080") << QSize(1920, 1080);
    QTest::newRow("960x540, as a doubled screen has") << QSize(960, 540);
  }
  void the_canvas_has_room_in_every_workspace() {
    QFETCH(QSize, size);
    MainWindow window;
    QVERIFY(open(window, size));
    QCOMPARE(window.size(), size);  // nothing in it needs more
    QVERIFY2(canvas_share(window) >= 0.5, told(window));
    QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(window.modes().mode(), WorkMode::Watch);
    QVERIFY2(canvas_share(window) >= 1 / 3., told(window));
    QTest::keyClick(&window, Qt::Key_3, Qt::ControlModifier);
    QCOMPARE(window.modes().mode(), WorkMode::Diagnose);
    QVERIFY2(canvas_share(window) >= 1 / 3., told(window));
    QCOMPARE(window.size(), size);
    QTest::keyClick(&window, Qt::Key_F11);
    QTRY_VERIFY(window.isFullScreen());
    QCOMPARE(window.modes().mode(), WorkMode::Present);
    window.resize(size);  // the screen of this test has another size
    QTRY_COMPARE(window.size(), size);
    QVERIFY2(canvas_share(window) >= 1 / 3., told(window));
    window.close_quietly();
  }

  void each_has_its_panels() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    const auto seen = [&](std::initializer_list<const char*> names) {
      for (const char* name : names)
        if (dock(window, name)->isHidden()) return false;
      return true;
    };
    QVERIFY(seen({"palette", "inspector", "problems"}));
    QVERIFY(dock(window, "stages")->isHidden());
    for (const char* name : {"stages", "loss", "throughput"}) QVERIFY(dock(window, name)->isHidden());
    QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
    QVERIFY(seen({"stages", "loss", "throughput"}));
    QVERIFY(dock(window, "palette")->isHidden());
    QTest::keyClick(&window, Qt::Key_3, Qt::ControlModifier);
    QVERIFY(seen({"diagnosis", "stages"}));
    QTest::keyClick(&window, Qt::Key_1, Qt::ControlModifier);
    QVERIFY(seen({"palette", "inspector", "problems"}));
    window.close_quietly();
  }

  /// Whatever has no room in a toolbar, Qt moves out of sight.
  void the_toolbar_keeps_all_its_tools_and_the_run_data() {
    QTest::addColumn<QSize>("size");
    QTest::newRow("1280x800") << QSize(1280, 800);
    QTest::newRow("1920x1080") << QSize(1920, 1080);
    QTest::newRow("950x496, with a frame") << QSize(950, 496);
  }
  void the_toolbar_keeps_all_its_tools_and_the_run() {
    QFETCH(QSize, size);
    MainWindow window;
    QVERIFY(open(window, size));
    auto* tools = window.findChild<QToolBar*>("tools");
    for (const WorkMode mode : {WorkMode::Build, WorkMode::Watch, WorkMode::Diagnose}) {
      window.modes().show(mode);
      QCoreApplication::processEvents();
      for (QAction* action : tools->actions()) {
        const QWidget* tool = tools->widgetForAction(action);
        if (!action->isVisible() || action->isSeparator()) continue;
        QVERIFY2(tool->isVisible() && tools->rect().contains(tool->geometry()), qPrintable(action->text()));
      }
    }
    window.close_quietly();
  }

  void the_end_of_a_run_is_never_cut_data() {
    QTest::addColumn<QSize>("size");
    QTest::newRow("1280x800") << QSize(1280, 800);
    QTest::newRow("1920x1080") << QSize(1920, 1080);
    QTest::newRow("950x496, with a frame") << QSize(950, 496);
  }
  /// Where it has no room as a whole, a shorter form stands there, and the whole in the tooltip.
  void the_end_of_a_run_is_never_cut() {
    QFETCH(QSize, size);
    MainWindow window;
    QVERIFY(open(window, size));
    RunBar& bar = window.run_bar();
    for (const RunResult& result : long_ends()) {
      bar.set_state(RunController::State::Preparing);
      bar.set_state(RunController::State::Idle);
      bar.show_end(result);
      for (const WorkMode mode : {WorkMode::Build, WorkMode::Watch, WorkMode::Diagnose, WorkMode::Present}) {
        window.modes().show(mode);
        QCoreApplication::processEvents();
        if (window.isFullScreen()) window.resize(size);  // the screen of this test has another size
        QCoreApplication::processEvents();
        const QString shown = bar.progress_shown();
        QVERIFY2(!shown.isEmpty() && !shown.contains(QChar(0x2026)), qPrintable(shown));
        auto* label = bar.findChild<LiveLabel*>("progress");
        const QRect needed = label->fontMetrics().boundingRect(QRect({}, label->size()), Qt::TextWordWrap, shown);
        QVERIFY2(needed.width() <= label->width() && needed.height() <= label->height(), qPrintable(shown));
        QVERIFY(bar.rect().contains(label->geometry()));
        if (size.width() >= 1280 && mode != WorkMode::Present && result.end != RunResult::End::Failed)
          QVERIFY2(shown.contains("2,911 samples/s"), qPrintable(shown));
        if (size.width() >= 1920) QCOMPARE(shown, bar.progress_text());
        QToolTip::showText(label->mapToGlobal(QPoint(2, 2)), "nothing", label);
        QHelpEvent help(QEvent::ToolTip, {2, 2}, label->mapToGlobal(QPoint(2, 2)));
        QApplication::sendEvent(label, &help);
        QCOMPARE(QToolTip::text(), shown == end_text(result) ? QString("nothing") : end_text(result));
      }
      window.modes().show(WorkMode::Build);
    }
    window.close_quietly();
  }

  void every_node_has_its_whole_name_in_the_palette_data() {
    QTest::addColumn<double>("scale");
    QTest::addColumn<int>("lines");
    QTest::newRow("text as it is") << 1.0 << 1;
    QTest::newRow("largest text") << Settings::kLargestFont << 2;
  }
  void every_node_has_its_whole_name_in_the_palette() {
    QFETCH(double, scale);
    QFETCH(int, lines);
    Theme::instance().set_font_scale(scale);
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    QCOMPARE(window.modes().mode(), WorkMode::Build);
    Panels::show(window.panels().palette);
    QCoreApplication::processEvents();
    const auto* tree = window.panels().palette->findChild<QTreeView*>();
    const auto* delegate = qobject_cast<TypeDelegate*>(tree->itemDelegate());
    const QFontMetrics metrics(tree->font());
    int seen = 0;
    for (int group = 0; group < tree->model()->rowCount(); ++group) {
      const QModelIndex category = tree->model()->index(group, 0);
      for (int row = 0; row < tree->model()->rowCount(category); ++row) {
        const QModelIndex type = tree->model()->index(row, 0, category);
        const QRect place = delegate->title_rect(tree->visualRect(type), type);
        const QString name = type.data().toString();
        const QRect needed = metrics.boundingRect(place, Qt::TextWordWrap, name);
        QVERIFY2(needed.width() <= place.width() && needed.height() <= place.height(), qPrintable(name));
        QVERIFY2(needed.height() <= lines * metrics.lineSpacing(), qPrintable(name));
        ++seen;
      }
    }
    QCOMPARE(seen, static_cast<int>(Registry::instance().all().size()));
    QVERIFY2(canvas_share(window) >= 0.5, told(window));
    window.close_quietly();
  }

  void no_workspace_makes_the_window_larger() {
    MainWindow window;
    QVERIFY(open(window, {960, 540}));
    for (const WorkMode mode : {WorkMode::Watch, WorkMode::Diagnose, WorkMode::Present, WorkMode::Build}) {
      window.modes().show(mode);
      QCoreApplication::processEvents();
      const QSize most = window.isFullScreen() ? window.screen()->size() : QSize(960, 540);
      QVERIFY2(window.width() <= most.width() && window.height() <= most.height(), told(window));
    }
    window.close_quietly();
  }

  void one_click_leads_there() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    QWidget* bar = window.menuBar()->cornerWidget();
    QVERIFY(bar != nullptr && bar->isVisible());
    const QList<QToolButton*> buttons = bar->findChildren<QToolButton*>();
    QCOMPARE(buttons.size(), 4);
    QVERIFY(buttons[0]->isChecked());
    for (int i = 0; i < 3; ++i) {
      QTest::mouseClick(buttons[i], Qt::LeftButton);
      QCOMPARE(window.modes().mode(), static_cast<WorkMode>(i));
      for (int other = 0; other < 4; ++other) QCOMPARE(buttons[other]->isChecked(), other == i);
      QTest::mouseClick(buttons[i], Qt::LeftButton);  // where one is already, one stays
      QVERIFY(buttons[i]->isChecked());
    }
    window.close_quietly();
  }

  void layouts_are_kept_each_for_itself_and_over_a_restart() {
    {
      MainWindow window;
      QVERIFY(open(window, {1280, 800}));
      dock(window, "history")->hide();
      QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
      dock(window, "loss")->hide();
      QTest::keyClick(&window, Qt::Key_1, Qt::ControlModifier);
      QVERIFY(dock(window, "history")->isHidden());
      QVERIFY(!dock(window, "palette")->isHidden());
      QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
      QVERIFY(dock(window, "loss")->isHidden());
      window.close();
    }
    MainWindow window;
    QCOMPARE(window.modes().mode(), WorkMode::Watch);  // as it was left
    window.resize(1280, 800);                          // the screen of this test is smaller, and there panels fold
    window.show();
    QTRY_VERIFY(!window.modes().folded());
    QVERIFY(dock(window, "loss")->isHidden());
    window.modes().show(WorkMode::Build);
    QVERIFY(dock(window, "history")->isHidden());
    window.actions().reset_layout->trigger();
    QVERIFY(!dock(window, "history")->isHidden());
    window.close_quietly();
  }

  /// Layouts of earlier versions, of nothing at all, and of a larger screen.
  void old_layouts_break_no_start_data() {
    QTest::addColumn<QByteArray>("layout");
    QTest::newRow("noise") << QByteArray::fromHex("00ff00ff1f8b080012345678");
    QTest::newRow("cut short") << QByteArray("\0\0\0\xff\0\0\0\1\xfd\0\0\0\3", 13);
    QTest::newRow("empty") << QByteArray();
    QMainWindow old;
    for (const char* name : {"palette", "stages", "loss", "gone"}) {
      auto* panel = new QDockWidget(name, &old);
      panel->setObjectName(name);
      old.addDockWidget(Qt::TopDockWidgetArea, panel);
    }
    old.resize(2500, 1600);
    QTest::newRow("version 1") << old.saveState(1);
  }
  void old_layouts_break_no_start() {
    QFETCH(QByteArray, layout);
    QSettings settings;
    settings.setValue("window/layout", layout);
    settings.setValue("window/geometry", layout);
    settings.setValue("run/show_queues", true);
    settings.setValue("workspaces/current", "no such");
    for (const char* mode : {"build", "watch", "diagnose", "build_folded"}) {
      settings.setValue(QStringLiteral("workspaces/layout/") + mode, layout);
      settings.setValue(QStringLiteral("workspaces/size/") + mode, QSize(2500, 1600));
    }
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    QVERIFY(canvas_share(window) > 0.25);
    QVERIFY(!window.actions().show_queues->isChecked());
    for (const WorkMode mode : {WorkMode::Watch, WorkMode::Diagnose, WorkMode::Build}) {
      window.modes().show(mode);
      QVERIFY2(canvas_share(window) > 0.2, told(window));
    }
    window.close_quietly();
  }

  void panels_fold_in_a_small_window_and_unfold() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    QVERIFY(!window.modes().folded());
    window.resize(960, 540);
    QTRY_VERIFY(window.modes().folded());
    QVERIFY(window.tabifiedDockWidgets(dock(window, "inspector")).contains(dock(window, "palette")));
    QVERIFY2(canvas_share(window) >= 0.5, told(window));
    window.resize(1280, 800);
    QTRY_VERIFY(!window.modes().folded());
    QVERIFY(!window.tabifiedDockWidgets(dock(window, "inspector")).contains(dock(window, "palette")));
    window.close_quietly();
  }

  /// Before the window has its size, and when that changes.
  void a_panel_that_somebody_asked_for_stays_in_view() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    Panels::show(window.panels().preview);
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::qWait(50);
    QVERIFY(in_view(*window.panels().preview));
    QVERIFY(!window.modes().folded());
    window.resize(960, 540);
    QTRY_VERIFY(window.modes().folded());
    QTRY_VERIFY(in_view(*window.panels().preview));
    window.resize(1280, 800);
    QTRY_VERIFY(!window.modes().folded());
    QTRY_VERIFY(in_view(*window.panels().preview));
    window.close_quietly();
  }

  void presenting_shows_canvas_stages_and_queues_and_leads_back() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
    QTest::keyClick(&window, Qt::Key_F11);
    QTRY_VERIFY(window.isFullScreen());
    QCOMPARE(window.modes().mode(), WorkMode::Present);
    QVERIFY(!dock(window, "stages")->isHidden());
    QVERIFY(!dock(window, "queues")->isHidden());
    QVERIFY(!window.tabifiedDockWidgets(dock(window, "stages")).contains(dock(window, "queues")));  // side by side
    QVERIFY(dock(window, "loss")->isHidden());
    auto* tools = window.findChild<QToolBar*>("tools");
    QVERIFY(tools->widgetForAction(window.actions().show_queues)->isVisible());
    auto* back = tools->findChild<QToolButton*>("leave_presenting");
    QVERIFY(back != nullptr);
    QTRY_VERIFY(back->isVisible());  // the menu bar is gone
    QTest::mouseClick(back, Qt::LeftButton);
    QCOMPARE(window.modes().mode(), WorkMode::Watch);
    QTRY_VERIFY(!window.isFullScreen());
    QVERIFY(!window.menuBar()->isHidden());
    QVERIFY(!dock(window, "loss")->isHidden());
    window.close_quietly();
  }

  void no_word_is_lost_while_it_runs_data() {
    QTest::addColumn<double>("scale");
    QTest::newRow("text as it is") << 1.0;
    QTest::newRow("largest text") << Settings::kLargestFont;
  }
  /// Legends and labels of axes in every workspace at 1280x800, measured against their places.
  void no_word_is_lost_while_it_runs() {
    QFETCH(double, scale);
    Theme::instance().set_font_scale(scale);
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    for (const auto& [node, param, value] :
         std::vector<std::tuple<std::string, std::string, std::int64_t>>{{"source", "count", 256},
                                                                         {"source", "size", 32},
                                                                         {"trainer", "epochs", 0},
                                                                         {"trainer", "workers", 1},
                                                                         {"trainer", "replicas", 1},
                                                                         {"trainer", "intra_op_threads", 1}})
      QVERIFY(window.document().apply({SetParam{.node = node, .param = param, .value = value}}));
    window.actions().show_queues->setChecked(true);
    QTest::keyClick(&window, Qt::Key_F5);
    QTRY_VERIFY_WITH_TIMEOUT(window.live_run().panel<QueuesPanel>().rows() > 0, 60'000);
    for (const WorkMode mode : {WorkMode::Watch, WorkMode::Diagnose, WorkMode::Present}) {
      window.modes().show(mode);
      int seen = 0;
      for (PlotPanel* panel : window.findChildren<PlotPanel*>()) {
        QDockWidget* of = nullptr;
        for (QWidget* at = panel; at != nullptr && of == nullptr; at = at->parentWidget())
          of = qobject_cast<QDockWidget*>(at);
        if (of == nullptr || of->isHidden()) continue;
        of->raise();
        QTRY_VERIFY(in_view(*panel));
        QTRY_VERIFY_WITH_TIMEOUT(!panel->shows_empty_state(), 30'000);
        const int drawn = panel->redraws();
        QTRY_VERIFY_WITH_TIMEOUT(panel->redraws() > drawn + 1, 30'000);
        const Readings& legend = *panel->readings();
        for (const Readings::Piece& piece : legend.pieces(legend.width()))
          QVERIFY2(piece.at.x() + Readings::width_of(piece) <= legend.width() && piece.at.y() < legend.height(),
                   qPrintable(panel->windowTitle() + ": " + piece.text));
        for (const QCPAxisRect* rect : panel->plot()->axisRects())
          for (const QCPAxis* axis : rect->axes()) {
            const bool across = axis->orientation() == Qt::Horizontal;
            const int room = across ? panel->plot()->width() : panel->plot()->height();
            for (const QString& line : axis->label().split('\n'))
              QVERIFY2(QFontMetrics(axis->labelFont()).horizontalAdvance(line) <= room,
                       qPrintable(panel->windowTitle() + ": " + line));
          }
        ++seen;
      }
      QVERIFY(seen > 0);
      if (scale == 1.0) QVERIFY2(canvas_share(window) >= 1 / 3., told(window));
      for (const char* node : {"source", "batch"}) {
        const QLabel* level = window.live_run().panel<QueuesPanel>().level_text(node);
        if (!in_view(*level)) continue;
        QVERIFY(level->width() >= level->fontMetrics().horizontalAdvance(level->text()));
      }
    }
    window.modes().show(WorkMode::Build);
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    window.close_quietly();
  }

  /// Its run leads to Watch, and it shows panels of all workspaces.
  void the_tour_leaves_no_workspace_changed() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
    dock(window, "loss")->hide();  // as the user wants it
    QTest::keyClick(&window, Qt::Key_1, Qt::ControlModifier);
    window.actions().tour->trigger();
    Tour* tour = window.welcome().tour();
    QVERIFY(tour != nullptr);
    while (tour->at() + 1 < tour->count()) QTest::keyClick(tour, Qt::Key_Right);
    QCOMPARE(window.modes().mode(), WorkMode::Watch);
    QTest::keyClick(tour, Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    QCOMPARE(window.modes().mode(), WorkMode::Build);
    for (const char* name : {"palette", "inspector", "problems"}) QVERIFY2(!dock(window, name)->isHidden(), name);
    QVERIFY(dock(window, "diagnosis")->isHidden());
    QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier);
    for (const char* name : {"stages", "throughput"}) QVERIFY2(!dock(window, name)->isHidden(), name);
    for (const char* name : {"loss", "palette", "diagnosis"}) QVERIFY2(dock(window, name)->isHidden(), name);
    QTest::keyClick(&window, Qt::Key_1, Qt::ControlModifier);
    QTest::keyClick(&window, Qt::Key_F5);
    QCOMPARE(window.modes().mode(), WorkMode::Watch);
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    window.close_quietly();
  }

  /// A window that is closed amid the tour starts as it was before.
  void what_the_tour_shows_is_not_there_at_the_next_start() {
    {
      MainWindow window;
      QVERIFY(open(window, {1280, 800}));
      window.actions().tour->trigger();
      while (window.modes().mode() == WorkMode::Build) QTest::keyClick(window.welcome().tour(), Qt::Key_Right);
      window.runs().stop();
      QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
      QVERIFY(window.close());
    }
    MainWindow window;
    QCOMPARE(window.modes().mode(), WorkMode::Build);
    QVERIFY(dock(window, "diagnosis")->isHidden());
    window.close_quietly();
  }

  void a_run_leads_to_watch_and_its_verdict_to_diagnose() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    for (const auto& [param, value] : std::vector<std::pair<std::string, std::int64_t>>{{"count", 64}, {"size", 32}})
      QVERIFY(window.document().apply({SetParam{.node = "source", .param = param, .value = value}}));
    QTest::keyClick(&window, Qt::Key_F5);
    QCOMPARE(window.modes().mode(), WorkMode::Watch);
    auto* link = window.findChild<VerdictLink*>();
    QVERIFY(link != nullptr && link->isHidden());  // nothing is known yet
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    Diagnosis found;
    found.verdict.headline = "Highly input-bound: 63 % of each step waits for a batch.";
    link->show_diagnosis(found);
    QTRY_VERIFY(link->isVisible());
    QCOMPARE(link->text(), QString("Highly input-bound"));
    QTest::mouseClick(link, Qt::LeftButton);
    QCOMPARE(window.modes().mode(), WorkMode::Diagnose);
    QVERIFY(!dock(window, "diagnosis")->isHidden());
    QTest::keyClick(&window, Qt::Key_F5);
    QCOMPARE(window.modes().mode(), WorkMode::Diagnose);  // who diagnoses goes on with it
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    window.close_quietly();
  }
};

FEEDLINE_WINDOW_TEST(TestWorkModes)

}  // namespace feedline::gui::test_work_modes

#include "test_work_modes.moc"
