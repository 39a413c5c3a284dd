// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/welcome.h"

#include "gui/base/actions.h"
#include "gui/base/settings.h"
#include "gui/canvas/graph_view.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/palette_panel.h"
#include "gui/start/example_menu.h"
#include "gui/start/gallery.h"
#include "gui/start/help_window.h"
#include "gui/start/shortcut_sheet.h"
#include "gui/start/starter_controller.h"
#include "gui/start/tour.h"
#include "gui/workspace/files.h"

#include <QAction>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QPointer>
#include <QToolBar>

#include <utility>

namespace feedline::gui::inline start {

Welcome::Welcome(Files& files, Workspace& workspace, WelcomeParts parts, Actions& actions, QMainWindow* window)
    : QObject(window),
      files_(files),
      workspace_(workspace),
      parts_(std::move(parts)),
      actions_(actions),
      window_(window),
      starter_(new StarterController(workspace, window)) {
  connect_actions();
  fill_examples();
  fill_recent();
}

void Welcome::connect_actions() {
  connect(actions_.gallery, &QAction::triggered, this, &Welcome::show_gallery);
  connect(actions_.train_on_folder, &QAction::triggered, starter_, &StarterController::choose_folder);
  connect(actions_.train_on_file, &QAction::triggered, starter_, &StarterController::choose_file);
  connect(actions_.tour, &QAction::triggered, this, &Welcome::start_tour);
  connect(actions_.shortcuts, &QAction::triggered, this, &Welcome::show_shortcuts);
  connect(actions_.help, &QAction::triggered, this, [this] { show_help(parts_.help_page()); });
  connect(&files_, &Files::recent_changed, this, &Welcome::fill_recent);
  connect(actions_.clear_recent, &QAction::triggered, this, [this] {
    Settings::clear_recent_files();
    fill_recent();
  });
}

void Welcome::fill_examples() {
  auto* examples = new ExampleMenu(actions_.examples);
  connect(examples, &ExampleMenu::chosen, &files_, &Files::open_example);
}

void Welcome::fill_recent() {
  actions_.recent->clear();
  const QStringList files = Settings::recent_files();
  for (const QString& file : files) {
    actions_.recent->addAction(file, &files_, [this, file] { files_.open(file); });
  }
  if (!files.isEmpty()) actions_.recent->addSeparator();
  actions_.recent->addAction(actions_.clear_recent);
  actions_.recent->setEnabled(!files.isEmpty());
}

void Welcome::begin() {
  if (!Settings::tour_seen()) {
    start_tour();
  } else if (Settings::show_gallery()) {
    show_gallery();
  } else {
    files_.open_example(QStringLiteral("quickstart"));
  }
}

void Welcome::show_gallery() {
  auto* gallery = new Gallery(window_);
  gallery->setAttribute(Qt::WA_DeleteOnClose);
  connect(gallery, &Gallery::example_chosen, &files_, &Files::open_example);
  connect(gallery, &Gallery::file_chosen, &files_, qOverload<const QString&>(&Files::open));
  connect(gallery, &Gallery::open_wanted, &files_, [this] { files_.open(); });
  connect(gallery, &Gallery::folder_wanted, starter_, &StarterController::choose_folder);
  connect(gallery, &Gallery::data_file_wanted, starter_, &StarterController::choose_file);
  connect(gallery, &Gallery::tour_wanted, this, &Welcome::start_tour);
  gallery->open();
}

Tour* Welcome::tour() const { return tour_; }

QWidget* Welcome::run_button() const {
  return window_->findChild<QToolBar*>(QStringLiteral("tools"))->widgetForAction(actions_.run);
}

void Welcome::start_tour() {
  if (tour_) return;
  if (workspace_.current().document().document().nodes().empty()) files_.open_example(QStringLiteral("naive"));
  DocumentTab* tab = &workspace_.current();
  Q_EMIT tour_began();
  const GraphView::Place place = tab->view().place();
  tour_run_ = false;
  tour_ = new Tour(tour_stops(*tab), window_);
  connect(tour_, &Tour::finished, this, [this, place, tab = QPointer<DocumentTab>(tab)] {
    Settings::set_tour_seen(true);
    if (std::exchange(tour_run_, false)) parts_.stop();
    Q_EMIT tour_ended();
    if (tab) tab->view().go_to(place);
  });
}

/// The run that the tour needs to have something to show; the user's own goes on.
void Welcome::run_for_tour(DocumentTab& tab) {
  if (tab.document().analysis().ok() && parts_.run(tab)) tour_run_ = true;
}

QList<TourStop> Welcome::tour_stops(DocumentTab& tab) {
  const auto bring = [this](QWidget* panel) { return [this, panel] { parts_.show(panel); }; };
  DiagnosisPanel* diagnosis = parts_.diagnosis;
  return {
      {.target = &tab.view(),
       .title = tr("The graph"),
       .text = tr("Data come in at one end, a trained model leaves at the other. Each node is one step, each wire says "
                  "what travels on it. Drag nodes, turn the wheel to zoom, press Home to see everything.")},
      {.target = parts_.palette,
       .title = tr("Nodes to add"),
       .text = tr("Drag one to the canvas, or press Tab there and type. A folder of pictures can be dropped on the "
                  "canvas as it is."),
       .prepare = bring(parts_.palette)},
      {.target = parts_.inspector,
       .title = tr("Everything about a node"),
       .text = tr("Select a node to change its parameters. Changes take effect at once, and Ctrl+Z undoes each. F8 "
                  "shows what leaves the node for one record."),
       .prepare =
           [this, &tab] {
             parts_.show(parts_.inspector);
             const auto& nodes = tab.document().document().nodes();
             if (!nodes.empty()) tab.view().select_node(QString::fromStdString(nodes[nodes.size() / 3].id));
           }},
      {.target = run_button(),
       .title = tr("Train"),
       .text =
           tr("Run trains the model on this machine. You can go on editing: a run has a copy of the graph. Next starts "
              "one, for as long as this tour lasts.")},
      {.target = diagnosis->verdict_part(),
       .title = tr("The verdict"),
       .text = tr("What limits the training, in words, after a few seconds: with its evidence, and a link to the node. "
                  "The canvas marks that node as the bottleneck."),
       .prepare =
           [this, &tab, diagnosis] {
             run_for_tour(tab);
             parts_.show(diagnosis);
           }},
      {.target = diagnosis->fixes_part(),
       .title = tr("The fixes"),
       .text = tr("What would help, each with the gain that is predicted. Point at one to see its nodes; Apply changes "
                  "the graph, Undo takes it back, and Run again and compare shows what it brought."),
       .prepare = bring(diagnosis)},
      {.target = diagnosis->fixes_part(),
       .title = tr("The proof"),
       .text =
           tr("Prove runs the graph with and without the fix in turn and shows every pair: measured gain, interval, "
              "prediction. F1 lists all keys; the Help menu has this tour again."),
       .prepare = bring(diagnosis)},
  };
}

void Welcome::show_shortcuts() {
  auto* sheet = new ShortcutSheet(menu_shortcuts(*window_->menuBar()) + canvas_shortcuts(), window_);
  sheet->setAttribute(Qt::WA_DeleteOnClose);
  sheet->open();
}

void Welcome::show_help(const QString& page) {
  if (!help_) {
    help_ = new HelpWindow(window_);
    help_->setAttribute(Qt::WA_DeleteOnClose);
  }
  if (!page.isEmpty()) help_->show_page(page);
  help_->show();
  help_->raise();
  help_->activateWindow();
}

}  // namespace feedline::gui::inline start
