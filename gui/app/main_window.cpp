// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/main_window.h"

#include "base/advice.h"
#include "gui/app/about.h"
#include "gui/app/baselines_controller.h"
#include "gui/app/data_check_controller.h"
#include "gui/app/fit_screen.h"
#include "gui/app/live_label.h"
#include "gui/app/log_panel.h"
#include "gui/app/problems_button.h"
#include "gui/app/problems_panel.h"
#include "gui/app/rate_controller.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_subjects.h"
#include "gui/app/study_controller.h"
#include "gui/app/tab_order.h"
#include "gui/app/tool_room.h"
#include "gui/app/verdict_link.h"
#include "gui/base/application_filter.h"
#include "gui/base/field_keys.h"
#include "gui/base/focus_ring.h"
#include "gui/base/settings.h"
#include "gui/base/wheel_guard.h"
#include "gui/canvas/graph_view.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/palette_panel.h"
#include "gui/plots/run_panels.h"
#include "gui/preview/data_panel.h"
#include "gui/preview/preview_panel.h"
#include "gui/start/starter_controller.h"
#include "gui/workspace/disk_watch.h"
#include "gui/workspace/find_bar.h"
#include "gui/workspace/recovery_dialog.h"

#include <QAction>
#include <QCloseEvent>
#include <QDockWidget>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>
#include <QToolButton>
#include <QUrl>

#include <algorithm>

namespace feedline::gui::inline app {

namespace {
constexpr int kStopDeadlineMs = 5000;
constexpr int kMessageMs = 6000;
}  // namespace

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent) {
  setObjectName("feedline");
  setAcceptDrops(true);
  install_for_application<WheelGuard>();
  install_for_application<FocusRing>();
  install_for_application<FitScreen>();
  set_surface(Surface::Window);
  workspace_ = new Workspace(this);
  setCentralWidget(workspace_);
  files_ = new Files(*workspace_, this);
  actions_ = new Actions(workspace_->undo_group(), this);
  new FieldKeys(this);
  live_run_ = new LiveRunController(*workspace_, *actions_, this);
  check_ = new DataCheckController(*workspace_, *actions_, *live_run_, this);
  actions_->fill_menu_bar(menuBar());
  make_tool_bar();
  make_status_bar();
  diagnosis_ = new DiagnosisController(*live_run_, this);
  history_ = new RunHistoryController(*workspace_, *live_run_, this);
  study_ = new StudyController(*workspace_, *actions_, *live_run_, this);
  baselines_ = new BaselinesController(*workspace_, *actions_, *live_run_, this);
  panels_ = new Panels(*workspace_, *live_run_, *diagnosis_, *history_, this);
  rates_ = new RateController(*workspace_, *actions_, *live_run_, *diagnosis_, *panels_->inspector, this);
  subjects_ = new RunSubjects(*workspace_, *live_run_, *panels_, this);
  looks_ = new Looks(*actions_, panels_->docks(), this);
  make_modes();
  make_welcome();
  place();
  connect_files();
  connect_tabs();
  connect_editing();
  connect_view();
  connect_run();
  connect_autosave();
  show_tab(workspace_->current());
  workspace_->current().setFocus();
}

MainWindow::~MainWindow() = default;

void MainWindow::make_tool_bar() {
  auto* bar = addToolBar(tr("Tools"));
  bar->setObjectName("tools");
  bar->setMovable(false);
  bar->setIconSize({20, 20});
  bar->setToolButtonStyle(Qt::ToolButtonIconOnly);
  bar->setContextMenuPolicy(Qt::PreventContextMenu);
  actions_->fill_tool_bar(bar);
  bar->addWidget(live_run_->bar);
  bar->addAction(actions_->toggle_theme);
}

void MainWindow::make_status_bar() {
  statusBar()->setSizeGripEnabled(false);
  process_ = new LiveLabel(this);
  process_->setObjectName("process");
  verdict_link_ = new VerdictLink(this);
  problems_button_ = new ProblemsButton(this);
  statusBar()->addPermanentWidget(verdict_link_);
  statusBar()->addPermanentWidget(process_);
  statusBar()->addPermanentWidget(problems_button_);
}

/// Their buttons stand beside the menus. While one presents there are none, and the toolbar has the way back.
void MainWindow::make_modes() {
  modes_ = new WorkModes(panels_->docks(), grouped_run_panels(), *actions_, looks_->presenter(), this);
  menuBar()->setNativeMenuBar(false);
  menuBar()->setCornerWidget(modes_->make_bar(menuBar()));
  auto* tools = findChild<QToolBar*>(QStringLiteral("tools"));
  auto* back = new QToolButton(tools);
  back->setObjectName(QStringLiteral("leave_presenting"));
  back->setDefaultAction(actions_->presenter);
  back->setToolButtonStyle(Qt::ToolButtonTextOnly);
  QAction* presented = tools->insertWidget(tools->actions().front(), back);
  presented->setVisible(false);
  auto* room = new ToolRoom(tools, run_bar());
  connect(modes_, &WorkModes::changed, this, [presented, room](WorkMode mode) {
    presented->setVisible(mode == WorkMode::Present);
    room->share_out();
  });
  connect(modes_, &WorkModes::panel_left, this, [this] { view().setFocus(Qt::ShortcutFocusReason); });
  connect(verdict_link_, &QToolButton::clicked, this, [this] { modes_->show(WorkMode::Diagnose); });
}

void MainWindow::make_welcome() {
  const WelcomeParts parts{.palette = panels_->palette,
                           .inspector = panels_->inspector,
                           .diagnosis = panels_->verdicts,
                           .show = [](QWidget* panel) { Panels::show(panel); },
                           .run =
                               [this](DocumentTab& tab) {
                                 if (live_run_->active()) return false;
                                 live_run_->start(tab);
                                 return live_run_->active();
                               },
                           .stop = [this] { runs().stop(); },
                           .help_page = [this] { return panels_->help_page(); }};
  welcome_ = new Welcome(*files_, *workspace_, parts, *actions_, this);
  connect(welcome_, &Welcome::tour_began, modes_, &WorkModes::hold);
  connect(welcome_, &Welcome::tour_ended, modes_, &WorkModes::release);
}

void MainWindow::place() {
  const QSize room = usable_screen(*this).size();
  resize(std::min(1600, room.width()), std::min(960, room.height()));
  panels_->docks().fill_menu(actions_->panels);
  restoreGeometry(Settings::geometry());
  // A screen may have become smaller since, and what a window manager adds needs some room as well.
  if (!isMaximized() && !isFullScreen()) resize(size().boundedTo(room));
  modes_->begin();
}

void MainWindow::connect_files() {
  connect(actions_->new_graph, &QAction::triggered, files_, &Files::new_document);
  connect(actions_->open, &QAction::triggered, files_, qOverload<>(&Files::open));
  connect(actions_->save, &QAction::triggered, files_, [this] { files_->save(); });
  connect(actions_->save_as, &QAction::triggered, files_, [this] { files_->save_as(); });
  connect(actions_->save_all, &QAction::triggered, files_, &Files::save_all);
  connect(actions_->revert, &QAction::triggered, files_, [this] { files_->reload(workspace_->current()); });
  connect(files_, &Files::message, this, &MainWindow::say);
  new DiskWatch(*workspace_, *files_, this);
  connect(actions_->close_tab, &QAction::triggered, this, [this] { close_tab(workspace_->current()); });
  connect(actions_->quit, &QAction::triggered, this, &QWidget::close);
  connect(files_, &Files::opened, this, [this](DocumentTab& tab) {
    for (const Problem& note : tab.notes())
      live_run_->log->add(LogPanel::Level::Warning, QString::fromStdString(note.error.line()));
    update_title();
    update_problems();
  });
}

void MainWindow::connect_tabs() {
  connect(panels_->problems, &ProblemsPanel::offer_taken, this, [this] { workspace_->current().take_split_offer(); });
  connect(actions_->next_tab, &QAction::triggered, workspace_, &Workspace::next);
  connect(actions_->previous_tab, &QAction::triggered, workspace_, &Workspace::previous);
  connect(workspace_, &Workspace::added, this, &MainWindow::connect_tab);
  connect(workspace_, &Workspace::current_tab_changed, this, &MainWindow::show_tab);
  connect(workspace_, &Workspace::current_titled, this, &MainWindow::update_title);
  connect(workspace_, &Workspace::close_requested, this, &MainWindow::close_tab);
  connect_tab(workspace_->current());
}

void MainWindow::connect_tab(DocumentTab& tab) {
  const auto when_current = [this, &tab](auto act) {
    if (&tab == &workspace_->current()) act();
  };
  connect(&tab.view(), &GraphView::selection_changed, this,
          [this, when_current](const QStringList& nodes) { when_current([&] { show_nodes(nodes); }); });
  connect(&tab.view(), &GraphView::status_message, this, &MainWindow::say);
  connect(&tab.view(), &GraphView::inspect_wanted, this, [this, when_current](bool name) {
    when_current([&] {
      Panels::show(panels_->inspector);
      panels_->inspector->focus_form(name);
    });
  });
  connect(&tab, &DocumentTab::problems_changed, this,
          [this, when_current] { when_current([&] { update_problems(); }); });
}

void MainWindow::show_tab(DocumentTab& tab) {
  panels_->inspector->show_document(tab.document());
  panels_->preview->show_document(tab.document());
  panels_->data->show_document(tab.document());
  show_nodes(tab.selected_nodes());
  update_title();
  update_problems();
}

void MainWindow::show_nodes(const QStringList& nodes) {
  panels_->inspector->show_nodes(nodes);
  panels_->preview->show_nodes(nodes);
  panels_->data->show_nodes(nodes);
}

void MainWindow::close_tab(DocumentTab& tab) {
  FieldKeys::commit();
  if (!files_->may_leave(tab) || !live_run_->may_stop(&tab)) return;
  if (live_run_->tab() == &tab) runs().stop();
  workspace_->remove(tab);
}

void MainWindow::on_view(QAction* action, void (GraphView::*command)()) {
  connect(action, &QAction::triggered, this, [this, command] { (view().*command)(); });
}

void MainWindow::on_editor(QAction* action, void (CanvasEditor::*command)()) {
  connect(action, &QAction::triggered, this, [this, command] { (view().editor().*command)(); });
}

void MainWindow::connect_editing() {
  on_editor(actions_->cut, &CanvasEditor::cut);
  on_editor(actions_->copy, &CanvasEditor::copy);
  on_editor(actions_->paste, &CanvasEditor::paste);
  on_editor(actions_->duplicate, &CanvasEditor::duplicate);
  on_editor(actions_->remove, &CanvasEditor::delete_selection);
  on_editor(actions_->select_all, &CanvasEditor::select_all);
  connect(actions_->find, &QAction::triggered, this, [this] { workspace_->current().find_bar().open(); });
  connect(actions_->find_next, &QAction::triggered, this, [this] { workspace_->current().find_bar().next(); });
  connect(actions_->find_previous, &QAction::triggered, this, [this] { workspace_->current().find_bar().previous(); });
  connect(panels_->palette, &PalettePanel::add_requested, this,
          [this](const QString& type) { view().editor().add_node(type); });
  connect(panels_->problems, &ProblemsPanel::problem_chosen, this, &MainWindow::show_problem);
  connect(actions_->preview, &QAction::triggered, this, [this] { Panels::show(panels_->preview); });
  connect(actions_->data, &QAction::triggered, this, [this] { Panels::show(panels_->data); });
  connect(problems_button_, &ProblemsButton::clicked, this, [this] { Panels::show(panels_->problems); });
  const auto fill_graph_menu = [this] {
    actions_->graph->clear();
    view().menus().fill_graph_menu(actions_->graph);
  };
  connect(actions_->graph, &QMenu::aboutToShow, this, fill_graph_menu);
  fill_graph_menu();  // for those who look at menus without opening them
}

void MainWindow::connect_view() {
  on_view(actions_->zoom_in, &GraphView::zoom_in);
  on_view(actions_->zoom_out, &GraphView::zoom_out);
  on_view(actions_->zoom_fit, &GraphView::zoom_to_fit);
  connect(actions_->about, &QAction::triggered, this, [this] { show_about(this); });
  connect(actions_->about_qt, &QAction::triggered, this, [this] { QMessageBox::aboutQt(this); });
}

void MainWindow::connect_run() {
  connect(live_run_, &LiveRunController::refused, this, &MainWindow::show_refusal);
  connect(&runs(), &RunController::state_changed, this, [this](RunController::State state) {
    if (state == RunController::State::Preparing && modes_->mode() == WorkMode::Build) modes_->show(WorkMode::Watch);
  });
  connect(diagnosis_->panel, &DiagnosisPanel::judged, verdict_link_,
          [this] { verdict_link_->show_diagnosis(diagnosis_->panel->live().diagnosis()); });
  connect(subjects_, &RunSubjects::told, verdict_link_, &VerdictLink::set_subject);
  connect(live_run_, &LiveRunController::queues_wanted, this, [this] { Docks::show(panels_->docks().find("queues")); });
  connect(live_run_, &LiveRunController::message, this, &MainWindow::say);
  connect(check_, &DataCheckController::message, this, &MainWindow::say);
  connect(diagnosis_, &DiagnosisController::message, this, &MainWindow::say);
  connect(diagnosis_, &DiagnosisController::compare_wanted, history_, [this](qint64 before, qint64 after) {
    history_->compare({before, after});
  });
  connect(history_, &RunHistoryController::message, this, &MainWindow::say);
  connect(rates_, &RateController::message, this, &MainWindow::say);
  connect(rates_, &RateController::refused, this, &MainWindow::show_refusal);
  connect(&welcome_->starter(), &StarterController::message, this, &MainWindow::say);
  connect(live_run_, &LiveRunController::process_measured, process_, &LiveLabel::set_text);
  connect(live_run_, &LiveRunController::state_changed, this, [this] {
    update_title();
    panels_->preview->show_run_active(runs().active());
  });
}

void MainWindow::connect_autosave() {
  autosave_ = new Autosave(*workspace_, this);
  connect(autosave_, &Autosave::failed, this,
          [this](const QString& why) { live_run_->log->add(LogPanel::Level::Warning, tr("Autosave: %1").arg(why)); });
}

bool MainWindow::offer_recovery() {
  std::vector<RescueFolder::Left> left = autosave_->left_behind();
  if (left.empty()) return false;
  auto* dialog = new RecoveryDialog(std::move(left), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &RecoveryDialog::recover_wanted, this, [this](const RescueFolder::Left& one) {
    if (const Status recovered = autosave_->recover(one); !recovered)
      live_run_->log->add(LogPanel::Level::Error, QString::fromStdString(recovered.error().line()));
  });
  connect(dialog, &QDialog::finished, this, [this] { autosave_->release(); });
  dialog->open();
  return true;
}

void MainWindow::say(const QString& text) { statusBar()->showMessage(text, kMessageMs); }

void MainWindow::show_problem(const QString& node, const QString& param) {
  view().select_node(node);
  if (param.isEmpty()) return;
  Panels::show(panels_->inspector);
  panels_->inspector->show_param(node, param);
}

void MainWindow::show_refusal(DocumentTab& tab) {
  workspace_->show(tab);
  Panels::show(panels_->problems);
  panels_->problems->choose_first_error();
  say(tr("The graph cannot run yet: see Problems"));
}

void MainWindow::update_title() {
  QString title = workspace_->current().display_name() + QStringLiteral("[*] – Feedline");
  if (runs().active()) {
    const bool elsewhere = live_run_->tab() != nullptr && live_run_->tab() != &workspace_->current();
    const QString whose = elsewhere ? QLatin1Char(' ') + live_run_->tab()->display_name() : QString();
    title.prepend(run_bar().state_text() + whose + QStringLiteral(" · "));
  }
  setWindowTitle(title);
  setWindowModified(workspace_->current().modified());
  actions_->revert->setEnabled(!document().file().isEmpty());
}

void MainWindow::update_problems() {
  const std::vector<Problem> all = workspace_->current().problems();
  panels_->problems->set_problems(all);
  if (const SplitOffer* offer = workspace_->current().split_offer()) {
    const QString paths = QString::fromStdString(offer->paths.training) + QLatin1Char('\n') +
                          QString::fromStdString(offer->paths.validation);
    panels_->problems->set_offer(
        offer->paths.validation.empty() ? tr("Read the training part") : tr("Wire training and validation"), paths);
  } else {
    panels_->problems->set_offer({}, {});
  }
  const auto count = static_cast<int>(all.size());
  const bool blank = document().document().nodes().empty();
  problems_button_->show_state(blank, count, panels_->problems->model().error_count());
  Panels::dock_of(panels_->problems)
      ->setWindowTitle(blank || count == 0 ? tr("Problems") : tr("Problems (%1)").arg(count));
}

bool MainWindow::may_close() {
  if (quiet_) return true;
  FieldKeys::commit();
  return files_->may_leave_all() && diagnosis_->may_leave() && study_->may_leave() && baselines_->may_leave() &&
         live_run_->may_stop();
}

/// It is gone at once. A run that is on writes its last checkpoint behind it, and the processes that it was shared out
/// among end; a backend that hangs does not hold up the program for ever.
void MainWindow::closeEvent(QCloseEvent* event) {
  if (leaving_) return;
  if (!may_close()) {
    event->ignore();
    return;
  }
  leaving_ = true;
  looks_->presenter().set_on(false);
  live_run_->leave();
  autosave_->forget_all();
  if (!quiet_) {
    Settings::set_geometry(saveGeometry());
    modes_->save();
  }
  if (runs().at_rest()) return;
  ends_run_.emplace();
  connect(&runs(), &RunController::came_to_rest, this, [this] { ends_run_.reset(); });
  QTimer::singleShot(kStopDeadlineMs, this, [this] { ends_run_.reset(); });
  runs().hurry();
  runs().stop();
}

void MainWindow::close_quietly() {
  quiet_ = true;
  close();
}

bool MainWindow::focusNextPrevChild(bool next) { return step_focus(*this, *workspace_, next); }

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (urls.size() == 1 && urls.front().isLocalFile() && urls.front().path().endsWith(".feedline")) {
    event->acceptProposedAction();
  }
}

void MainWindow::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  files_->open(event->mimeData()->urls().front().toLocalFile());
}

}  // namespace feedline::gui::inline app
