// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QKeySequence>
#include <QObject>
#include <QString>

#include <vector>

class QAction;
class QActionGroup;
class QMenu;
class QMenuBar;
class QToolBar;
class QUndoGroup;
class QWidget;

namespace feedline::gui::inline base {

/// Among how many processes the window offers to share out a run: 1, 2 and 4 anywhere, since what ranks do is worth
/// seeing on any machine, and as many as there are cores, up to 8. Ascending.
[[nodiscard]] std::vector<int> process_choices(int cores);

/// Everything the user can do from menus, toolbar and keyboard: names, icons, shortcuts and places. What it does is
/// wired by MainWindow.
class Actions : public QObject {
  Q_OBJECT

 public:
  Actions(QUndoGroup& undo_group, QWidget* window);

  QAction *new_graph, *open, *save, *save_as, *save_all, *revert, *clear_recent, *close_tab, *next_tab, *previous_tab,
      *quit;
  QAction *undo, *redo, *cut, *copy, *paste, *duplicate, *remove, *select_all, *find, *find_next, *find_previous;
  QAction *zoom_in, *zoom_out, *zoom_fit, *theme_system, *theme_light, *theme_dark, *toggle_theme, *reset_layout,
      *preview, *data, *presenter, *settings;
  QAction *work_build, *work_watch, *work_diagnose;  ///< workspaces; the fourth is `presenter`
  QAction* train_on_folder;
  QAction* train_on_file;
  QAction *run, *pause, *stop, *show_queues, *check_data, *left_out, *find_rate, *study, *baselines;
  QActionGroup* processes;  ///< among which the next run is shared out: one action a number, which is its data()
  QAction *gallery, *shortcuts, *help, *tour, *about, *about_qt;

  QMenu* examples = nullptr;  ///< File > New
  QMenu* recent = nullptr;    ///< Open recent
  QMenu* panels = nullptr;    ///< View > Panels
  QMenu* graph = nullptr;     ///< what the canvas can do; it fills it

  void fill_menu_bar(QMenuBar* bar);
  /// File, edit and run tools; returns after the run tools, so that the caller can go on.
  void fill_tool_bar(QToolBar* bar);

 private:
  QAction* make(const QString& text, const QString& icon, const QKeySequence& shortcut, const QString& tip);
  void make_processes();
  void update_icons();

  QWidget* window_;
  QHash<QAction*, QString> icons_{};
};

}  // namespace feedline::gui::inline base
