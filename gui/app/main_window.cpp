// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/main_window.h"

#include "app/log_panel.h"
#include "app/problems_panel.h"
#include "app/run_bar.h"
#include "app/settings.h"
#include "canvas/graph_view.h"
#include "inspector/inspector_panel.h"
#include "inspector/palette_panel.h"
#include "plots/loss_panel.h"
#include "plots/queues_panel.h"
#include "plots/stages_panel.h"
#include "plots/step_panel.h"
#include "plots/throughput_panel.h"

#include <QAction>
#include <QCloseEvent>
#include <QDockWidget>
#include <QGuiApplication>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QUrl>

#include <algorithm>

namespace feedline::gui {

namespace {
constexpr int kStopDeadlineMs = 5000;
constexpr int kMessageMs = 6000;
}  // namespace

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent), prober_(document_) {
  setObjectName("feedline");
  setAcceptDrops(true);
  files_ = new Files(document_, this);
  actions_ = new Actions(document_.undo_stack(), this);
  docks_ = new Docks(this);
  graph_ = new GraphView(document_, this);
  setCentralWidget(graph_);
  actions_->fill_menu_bar(menuBar());
  make_tool_bar();
  make_status_bar();
  make_docks();
  connect_files();
  connect_editing();
  connect_view();
  connect_run();
  connect_queues();
  update_title();
  update_problems();
  update_run_actions();
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
  run_bar_ = new RunBar(bar);
  bar->addWidget(run_bar_);
  bar->addAction(actions_->toggle_theme);
}

void MainWindow::make_status_bar() {
  statusBar()->setSizeGripEnabled(false);
  process_ = new QLabel(this);
  problems_button_ = new QToolButton(this);
  problems_button_->setAutoRaise(true);
  problems_button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  problems_button_->setToolTip(tr("Show the problems of this graph"));
  statusBar()->addPermanentWidget(process_);
  statusBar()->addPermanentWidget(problems_button_);
}

void MainWindow::make_docks() {
  palette_ = new PalettePanel(this);
  inspector_ = new InspectorPanel(document_, this);
  stages_ = new StagesPanel(this);
  queues_ = new QueuesPanel(this);
  step_ = new StepPanel(this);
  loss_ = new LossPanel(this);
  throughput_ = new ThroughputPanel(this);
  problems_ = new ProblemsPanel(this);
  log_ = new LogPanel(this);

  docks_->add("palette", tr("Nodes"), palette_, Qt::LeftDockWidgetArea);
  docks_->add("inspector", tr("Inspector"), inspector_, Qt::RightDockWidgetArea);
  QDockWidget* stages = docks_->add("stages", tr("Stages"), stages_, Qt::BottomDockWidgetArea);
  docks_->add("loss", tr("Loss and accuracy"), loss_, Qt::BottomDockWidgetArea);
  queues_dock_ = docks_->add("queues", tr("Queues"), queues_, Qt::BottomDockWidgetArea);
  QDockWidget* throughput = docks_->add("throughput", tr("Throughput"), throughput_, Qt::BottomDockWidgetArea);
  QDockWidget* step = docks_->add("step", tr("Step breakdown"), step_, Qt::BottomDockWidgetArea);
  problems_dock_ = docks_->add("problems", tr("Problems"), problems_, Qt::BottomDockWidgetArea);
  QDockWidget* log = docks_->add("log", tr("Log"), log_, Qt::BottomDockWidgetArea);
  docks_->stack(stages, step);
  docks_->stack(stages, queues_dock_);
  docks_->stack(throughput, problems_dock_);
  docks_->stack(throughput, log);
  Docks::show(stages);
  Docks::show(throughput);

  const QSize screen = QGuiApplication::primaryScreen()->availableSize();
  resize(std::min(1600, screen.width()), std::min(960, screen.height()));
  arrange();
  docks_->fill_menu(actions_->panels);
  docks_->remember();
  restoreGeometry(Settings::geometry());
  docks_->restore(Settings::layout());
}

void MainWindow::arrange() {
  const auto dock = [this](const char* name) { return findChild<QDockWidget*>(QLatin1String(name)); };
  resizeDocks({dock("palette"), dock("inspector")}, {width() * 16 / 100, width() * 21 / 100}, Qt::Horizontal);
  resizeDocks({dock("stages"), dock("loss"), dock("throughput")},
              {width() * 34 / 100, width() * 38 / 100, width() * 28 / 100}, Qt::Horizontal);
  resizeDocks({dock("stages")}, {height() * 31 / 100}, Qt::Vertical);
}

void MainWindow::connect_files() {
  connect(actions_->new_graph, &QAction::triggered, files_, &Files::new_document);
  connect(actions_->open, &QAction::triggered, files_, qOverload<>(&Files::open));
  connect(actions_->save, &QAction::triggered, files_, &Files::save);
  connect(actions_->save_as, &QAction::triggered, files_, &Files::save_as);
  connect(actions_->quit, &QAction::triggered, this, &QWidget::close);
  for (const QString& name : Files::examples()) {
    actions_->examples->addAction(name.chopped(name.endsWith(".feedline") ? 9 : 0), files_,
                                  [this, name] { files_->open_example(name); });
  }
  fill_recent();
  connect(files_, &Files::recent_changed, this, &MainWindow::fill_recent);
  connect(actions_->clear_recent, &QAction::triggered, this, [this] {
    Settings::clear_recent_files();
    fill_recent();
  });
  connect(files_, &Files::opened, this, [this] {
    graph_->clear_run();
    run_is_of_this_graph_ = false;
    for (const Problem& note : files_->notes()) {
      log_->add(LogPanel::Level::Warning, QString::fromStdString(note.error.line()));
    }
    update_title();
    update_problems();
  });
  connect(&document_, &DocumentController::file_changed, this, &MainWindow::update_title);
  connect(&document_.undo_stack(), &QUndoStack::cleanChanged, this, &MainWindow::update_title);
}

void MainWindow::connect_editing() {
  connect(actions_->cut, &QAction::triggered, graph_, &GraphView::cut);
  connect(actions_->copy, &QAction::triggered, graph_, &GraphView::copy);
  connect(actions_->paste, &QAction::triggered, graph_, &GraphView::paste);
  connect(actions_->duplicate, &QAction::triggered, graph_, &GraphView::duplicate);
  connect(actions_->remove, &QAction::triggered, graph_, &GraphView::delete_selection);
  connect(actions_->select_all, &QAction::triggered, graph_, &GraphView::select_all);
  connect(palette_, &PalettePanel::add_requested, graph_, &GraphView::add_node);
  connect(graph_, &GraphView::selection_changed, inspector_, &InspectorPanel::show_nodes);
  connect(graph_, &GraphView::status_message, this,
          [this](const QString& text) { statusBar()->showMessage(text, kMessageMs); });
  connect(&document_, &DocumentController::changed, this, &MainWindow::update_problems);
  connect(&prober_, &Prober::probed, this, &MainWindow::update_problems);
  connect(problems_, &ProblemsPanel::node_chosen, graph_, &GraphView::select_node);
  connect(problems_button_, &QToolButton::clicked, this, [this] { Docks::show(problems_dock_); });
}

void MainWindow::connect_view() {
  connect(actions_->zoom_in, &QAction::triggered, graph_, &GraphView::zoom_in);
  connect(actions_->zoom_out, &QAction::triggered, graph_, &GraphView::zoom_out);
  connect(actions_->zoom_fit, &QAction::triggered, graph_, &GraphView::zoom_to_fit);
  connect(actions_->reset_layout, &QAction::triggered, docks_, &Docks::reset);
  connect(actions_->theme_system, &QAction::triggered, this, [this] { set_theme(Theme::Mode::System); });
  connect(actions_->theme_light, &QAction::triggered, this, [this] { set_theme(Theme::Mode::Light); });
  connect(actions_->theme_dark, &QAction::triggered, this, [this] { set_theme(Theme::Mode::Dark); });
  connect(actions_->toggle_theme, &QAction::triggered, this,
          [this] { set_theme(Theme::instance().dark() ? Theme::Mode::Light : Theme::Mode::Dark); });
  const auto check = [this] {
    const Theme::Mode mode = Theme::instance().mode();
    actions_->theme_system->setChecked(mode == Theme::Mode::System);
    actions_->theme_light->setChecked(mode == Theme::Mode::Light);
    actions_->theme_dark->setChecked(mode == Theme::Mode::Dark);
    update_problems();
  };
  check();
  connect(&Theme::instance(), &Theme::changed, this, check);
  connect(actions_->about, &QAction::triggered, this, &MainWindow::show_about);
  connect(actions_->about_qt, &QAction::triggered, this, [this] { QMessageBox::aboutQt(this); });
}

void MainWindow::set_theme(Theme::Mode mode) {
  Settings::set_theme(mode);
  Theme::instance().set_mode(mode);
}

void MainWindow::fill_recent() {
  actions_->recent->clear();
  const QStringList files = Settings::recent_files();
  for (const QString& file : files) {
    actions_->recent->addAction(file, files_, [this, file] { files_->open(file); });
  }
  if (!files.isEmpty()) actions_->recent->addSeparator();
  actions_->recent->addAction(actions_->clear_recent);
  actions_->recent->setEnabled(!files.isEmpty());
}

void MainWindow::update_title() {
  QString title = files_->display_name() + QStringLiteral("[*] – Feedline");
  if (runs_.active()) title.prepend(run_bar_->state_text() + QStringLiteral(" · "));
  setWindowTitle(title);
  setWindowModified(!document_.undo_stack().isClean());
}

void MainWindow::update_problems() {
  std::vector<Problem> all = document_.analysis().problems;
  all.insert(all.end(), prober_.problems().begin(), prober_.problems().end());
  all.insert(all.end(), files_->notes().begin(), files_->notes().end());
  problems_->set_problems(all);
  const int errors = problems_->model().error_count();
  const int count = static_cast<int>(all.size());
  problems_button_->setText(count == 0    ? tr("No problems")
                            : errors == 0 ? tr("Warnings: %1").arg(count)
                                          : tr("Errors: %1").arg(errors));
  problems_button_->setIcon(Theme::instance().icon(count == 0 ? "check" : errors == 0 ? "warning" : "error"));
  problems_dock_->setWindowTitle(count == 0 ? tr("Problems") : tr("Problems (%1)").arg(count));
}

bool MainWindow::may_close() {
  if (quiet_) return true;
  if (!files_->may_leave()) return false;
  if (!runs_.active()) return true;
  QMessageBox box(QMessageBox::Question, tr("A run is going on"), tr("Stop the run and close?"), QMessageBox::NoButton,
                  this);
  box.setInformativeText(tr("What it has learnt so far is lost."));
  QPushButton* stop = box.addButton(tr("&Stop and close"), QMessageBox::AcceptRole);
  box.addButton(tr("&Keep running"), QMessageBox::RejectRole);
  box.exec();
  return box.clickedButton() == stop;
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (leaving_) {
    event->setAccepted(!runs_.active() || given_up_);
    return;
  }
  if (!may_close()) {
    event->ignore();
    return;
  }
  leaving_ = true;
  if (!quiet_) Settings::set_window(saveGeometry(), docks_->save());
  event->setAccepted(!runs_.active());
  if (!runs_.active()) return;
  runs_.stop();
  statusBar()->showMessage(tr("Stopping the run…"));
  setEnabled(false);
  // The end of the run closes the window; a backend that hangs does not hold it for ever.
  QTimer::singleShot(kStopDeadlineMs, this, [this] {
    given_up_ = true;
    close();
  });
}

void MainWindow::close_quietly() {
  quiet_ = true;
  close();
}

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

}  // namespace feedline::gui
