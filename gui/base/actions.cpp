// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/actions.h"

#include "base/cores.h"
#include "gui/base/field_keys.h"
#include "gui/base/theme.h"

#include <QAction>
#include <QActionGroup>
#include <QMenu>
#include <QMenuBar>
#include <QToolBar>
#include <QToolButton>
#include <QUndoGroup>

#include <algorithm>

namespace feedline::gui::inline base {

namespace {

constexpr int kMostProcesses = 8;

/// What it does, which changes, and its keys, in the tooltip.
void show_keys(QAction* action) {
  const QString tip = QStringLiteral("%1 (%2)").arg(QString(action->text()).remove(QLatin1Char('&')),
                                                    action->shortcut().toString(QKeySequence::NativeText));
  if (action->toolTip() != tip) action->setToolTip(tip);
}

}  // namespace

Actions::Actions(QUndoGroup& undo_group, QWidget* window) : QObject(window), window_(window) {
  new_graph = make(tr("&Empty graph"), "new", QKeySequence(Qt::CTRL | Qt::Key_N), tr("Start an empty graph"));
  open = make(tr("&Open…"), "open", QKeySequence::Open, tr("Open a graph file"));
  save = make(tr("&Save"), "save", QKeySequence::Save, tr("Save the graph"));
  save_as = make(tr("Save &as…"), {}, QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S),
                 tr("Save the graph under another name"));
  save_all =
      make(tr("Save a&ll"), {}, QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_S), tr("Save every graph that has changed"));
  revert = make(tr("Re&vert"), {}, {}, tr("Show the file as it is on the disk; undo brings back what is here"));
  clear_recent = make(tr("&Clear list"), {}, {}, tr("Forget the recent files"));
  train_on_folder =
      make(tr("&Train on my folder…"), {}, {}, tr("Choose a folder of pictures or texts and build a graph for it"));
  train_on_file = make(tr("Train on my f&ile…"), {}, {},
                       tr("Choose a table, an archive, arrays or a text and build a graph for it"));
  close_tab = make(tr("&Close"), "close", QKeySequence(Qt::CTRL | Qt::Key_W), tr("Close this graph"));
  next_tab = make(tr("&Next graph"), {}, QKeySequence(Qt::CTRL | Qt::Key_Tab), tr("Show the graph of the next tab"));
  previous_tab = make(tr("Previo&us graph"), {}, QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Tab),
                      tr("Show the graph of the tab before"));
  quit = make(tr("&Quit"), {}, QKeySequence(Qt::CTRL | Qt::Key_Q), tr("Close the window"));

  undo = undo_group.createUndoAction(window_, tr("&Undo"));
  redo = undo_group.createRedoAction(window_, tr("&Redo"));
  undo->setShortcut(QKeySequence::Undo);
  redo->setShortcuts({QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)});
  icons_[undo] = "undo";
  icons_[redo] = "redo";
  for (QAction* action : {undo, redo}) {
    show_keys(action);
    connect(action, &QAction::changed, this, [action] { show_keys(action); });
  }
  cut = make(tr("Cu&t"), "cut", QKeySequence::Cut, tr("Cut the selected nodes"));
  copy = make(tr("&Copy"), "copy", QKeySequence::Copy, tr("Copy the selected nodes"));
  paste = make(tr("&Paste"), "paste", QKeySequence::Paste, tr("Paste nodes"));
  duplicate = make(tr("Dup&licate"), {}, QKeySequence(Qt::CTRL | Qt::Key_D), tr("Copy and paste the selected nodes"));
  remove = make(tr("&Delete"), "trash", QKeySequence::Delete, tr("Delete what is selected"));
  select_all = make(tr("Select &all"), {}, QKeySequence::SelectAll, tr("Select every node"));
  find = make(tr("&Find…"), "search", QKeySequence(Qt::CTRL | Qt::Key_F),
              tr("Find nodes by name, type or value, and notes, in all sub-graphs"));
  find_next = make(tr("Find &next"), {}, QKeySequence(Qt::Key_F3), tr("Go to the next match"));
  find_previous = make(tr("Find pre&vious"), {}, QKeySequence(Qt::SHIFT | Qt::Key_F3), tr("Go to the place before"));

  zoom_in = make(tr("Zoom &in"), "zoom-in", QKeySequence::ZoomIn, tr("Enlarge the graph"));
  zoom_out = make(tr("Zoom &out"), "zoom-out", QKeySequence::ZoomOut, tr("Shrink the graph"));
  zoom_fit = make(tr("Zoom to &fit"), "zoom-fit", QKeySequence(Qt::CTRL | Qt::Key_0), tr("Show the whole graph"));
  theme_system = make(tr("As the &system"), {}, {}, {});
  theme_light = make(tr("&Light"), {}, {}, {});
  theme_dark = make(tr("&Dark"), {}, {}, {});
  auto* themes = new QActionGroup(this);
  for (QAction* action : {theme_system, theme_light, theme_dark}) {
    action->setCheckable(true);
    themes->addAction(action);
  }
  toggle_theme = make(tr("Switch theme"), "moon", {}, tr("Switch between the light and the dark theme"));
  preview = make(tr("Pre&view"), {}, QKeySequence(Qt::Key_F8), tr("Show what leaves the selected node for one record"));
  data = make(tr("D&ata"), {}, QKeySequence(Qt::SHIFT | Qt::Key_F8),
              tr("Show the records of a source as a table, and what its columns hold"));
  work_build = make(tr("&Build"), {}, QKeySequence(Qt::CTRL | Qt::Key_1),
                    tr("Build: the palette, the inspector and the problems beside the canvas"));
  work_watch = make(tr("&Watch"), {}, QKeySequence(Qt::CTRL | Qt::Key_2),
                    tr("Watch: the canvas and the plots of the run; Run leads here"));
  work_diagnose = make(tr("&Diagnose"), {}, QKeySequence(Qt::CTRL | Qt::Key_3),
                       tr("Diagnose: what limits the run, what helps, and the proof"));
  presenter = make(tr("&Present"), {}, QKeySequence(Qt::Key_F11),
                   tr("Present: the whole screen, larger text, only the canvas and the panels chosen in Settings"));
  for (QAction* action : {work_build, work_watch, work_diagnose, presenter}) action->setCheckable(true);
  settings = make(tr("&Settings…"), {}, QKeySequence(Qt::CTRL | Qt::Key_Comma), tr("Theme, text size, presenter mode"));
  reset_layout = make(tr("&Reset layout"), {}, {}, tr("Restore the default layout of this workspace"));

  run = make(tr("&Run"), "run", QKeySequence(Qt::Key_F5), tr("Train the model of this graph"));
  pause = make(tr("&Pause"), "pause", QKeySequence(Qt::Key_F6), tr("Pause the workers; Resume continues"));
  stop = make(tr("&Stop"), "stop", QKeySequence(Qt::SHIFT | Qt::Key_F5), tr("End the run"));
  show_queues =
      make(tr("Show every &queue"), "queues", QKeySequence(Qt::Key_F7),
           tr("Give every node its own workers and its own queue, from the next run on: the same result, often slower. "
              "Off again after a restart"));
  show_queues->setCheckable(true);
  make_processes();

  check_data = make(tr("&Check data…"), "check", {}, tr("Check data: look at every record of this graph's sources"));
  find_rate = make(tr("&Find learning rate…"), {}, {},
                   tr("Try growing learning rates on this graph for a hundred steps, and see which is good"));
  left_out = make(tr("Records &left out…"), {}, {}, tr("Files that the last run could not use, with reasons"));
  study =
      make(tr("St&udy…"), {}, {},
           tr("Train this graph with several values of a parameter and several seeds, and compare time and accuracy"));

  baselines = make(tr("&Baselines…"), {}, {},
                   tr("Hold this graph's model against simpler ones on the same features: accuracy and time"));

  gallery = make(tr("&Welcome…"), {}, {}, tr("Examples with pictures, recent files, the tour"));
  shortcuts = make(tr("&Keyboard and mouse"), {}, QKeySequence(Qt::Key_F1), tr("All keys on one page"));
  help = make(tr("&Help pages"), {}, QKeySequence(Qt::SHIFT | Qt::Key_F1),
              tr("Getting started, the command line, the file format"));
  tour = make(tr("&Tour"), {}, {}, tr("A tour of this window, in under a minute"));
  about = make(tr("&About Feedline"), "info", {}, {});
  about_qt = make(tr("About &Qt"), {}, {}, {});

  update_icons();
  connect(&Theme::instance(), &Theme::changed, this, &Actions::update_icons);
}

std::vector<int> process_choices(int cores) {
  std::vector<int> counts = {1, 2, 4, std::min(cores, kMostProcesses)};
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

void Actions::make_processes() {
  processes = new QActionGroup(this);
  const auto cores = static_cast<int>(usable_cores());
  for (const int count : process_choices(cores)) {
    const bool crowded = count > cores && count > 1;
    const QString text = count == 1 ? tr("&1, this window alone")
                         : crowded  ? tr("&%1, more than cores (%2)").arg(count).arg(cores)
                                    : tr("&%1").arg(count);
    QString tip = count == 1 ? tr("The next run goes on in this window alone")
                             : tr("Each batch of the next run is shared out among %1 processes, this window and "
                                  "others that it starts. Off again after a restart")
                                   .arg(count);
    if (crowded)
      tip =
          tr("%1 processes take turns on fewer cores (%2): this shows what they do, and is no faster. Off again after "
             "a restart")
              .arg(count)
              .arg(cores);
    QAction* one = make(text, {}, {}, tip);
    one->setCheckable(true);
    one->setChecked(count == 1);
    one->setData(count);
    processes->addAction(one);
  }
}

QAction* Actions::make(const QString& text, const QString& icon, const QKeySequence& shortcut, const QString& tip) {
  auto* action = new QAction(text, window_);
  connect(action, &QAction::triggered, this, &FieldKeys::commit);  // before what it does
  if (!shortcut.isEmpty()) action->setShortcut(shortcut);
  if (!tip.isEmpty()) {
    action->setStatusTip(tip);
    const QString keys = shortcut.toString(QKeySequence::NativeText);
    action->setToolTip(keys.isEmpty() ? tip : QStringLiteral("%1 (%2)").arg(tip, keys));
  }
  if (!icon.isEmpty()) icons_[action] = icon;
  return action;
}

void Actions::update_icons() {
  const Theme& theme = Theme::instance();
  icons_[toggle_theme] = theme.dark() ? "sun" : "moon";
  for (auto it = icons_.cbegin(); it != icons_.cend(); ++it) it.key()->setIcon(theme.icon(it.value()));
  // On the filled button the icon takes the writing's colour.
  QIcon filled;
  for (const int pixels : {20, 40}) {
    const QIcon source = theme.icon("run");
    filled.addPixmap(source.pixmap(QSize(pixels, pixels), QIcon::Selected), QIcon::Normal);
    filled.addPixmap(source.pixmap(QSize(pixels, pixels), QIcon::Disabled), QIcon::Disabled);
  }
  run->setIcon(filled);
  run->setIconVisibleInMenu(false);
}

void Actions::fill_menu_bar(QMenuBar* bar) {
  QMenu* file = bar->addMenu(tr("&File"));
  examples = file->addMenu(tr("&New"));
  examples->addAction(new_graph);
  examples->addSeparator();
  window_->addAction(new_graph);  // its key works where the menu bar is hidden, too
  file->addActions({train_on_folder, train_on_file});
  file->addAction(open);
  recent = file->addMenu(tr("Open &recent"));
  file->addSeparator();
  file->addActions({save, save_as, save_all, revert});
  file->addSeparator();
  file->addActions({close_tab, quit});

  QMenu* edit = bar->addMenu(tr("&Edit"));
  edit->addActions({undo, redo});
  edit->addSeparator();
  edit->addActions({cut, copy, paste, duplicate, remove});
  edit->addSeparator();
  edit->addAction(select_all);
  edit->addSeparator();
  edit->addActions({find, find_next, find_previous});

  QMenu* view = bar->addMenu(tr("&View"));
  view->addActions({work_build, work_watch, work_diagnose, presenter});
  view->addSeparator();
  view->addActions({zoom_in, zoom_out, zoom_fit});
  view->addSeparator();
  view->addActions({preview, data});
  view->addActions({next_tab, previous_tab});
  view->addSeparator();
  QMenu* theme = view->addMenu(tr("&Theme"));
  theme->addActions({theme_system, theme_light, theme_dark});
  panels = view->addMenu(tr("Pane&ls"));
  view->addAction(reset_layout);
  view->addSeparator();
  view->addAction(settings);

  graph = bar->addMenu(tr("&Graph"));

  QMenu* run_menu = bar->addMenu(tr("&Run"));
  run_menu->addActions({run, pause, stop});
  run_menu->addSeparator();
  run_menu->addAction(show_queues);
  QMenu* shared_out = run_menu->addMenu(tr("Pr&ocesses"));
  shared_out->setToolTipsVisible(true);
  shared_out->addActions(processes->actions());
  run_menu->addSeparator();
  run_menu->addActions({check_data, left_out});
  run_menu->addSeparator();
  run_menu->addActions({find_rate, study, baselines});

  QMenu* help_menu = bar->addMenu(tr("&Help"));
  help_menu->addActions({gallery, tour, help, shortcuts});
  help_menu->addSeparator();
  help_menu->addActions({about, about_qt});
}

void Actions::fill_tool_bar(QToolBar* bar) {
  bar->addActions({new_graph, open, save});
  bar->addSeparator();
  bar->addActions({undo, redo});
  bar->addSeparator();
  bar->addActions({zoom_out, zoom_fit, zoom_in});
  bar->addSeparator();
  bar->addActions({run, pause, stop, show_queues, check_data});
  auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(run));
  button->setObjectName("primary");
  button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
}

}  // namespace feedline::gui::inline base
