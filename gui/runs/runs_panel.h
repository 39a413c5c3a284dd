// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/runs_model.h"

#include <QString>
#include <QTimer>
#include <QWidget>

#include <vector>

class QAction;
class QLabel;
class QMenu;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QStackedLayout;
class QTreeView;

namespace feedline::gui::inline runs {

/// The history of runs: searched, sorted, tagged, noted, pinned; from it graphs are opened again, runs compared,
/// reported and deleted. It decides nothing: what is wanted are its signals.
class RunsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit RunsPanel(QWidget* parent = nullptr);

  void show_runs(const std::vector<RunSummary>& runs);
  /// Offers to take a deletion back.
  void offer_restore(const std::vector<qint64>& runs);
  /// Whether the chosen run can go on; `hindrance`: why not, empty where it can.
  void show_resumable(qint64 run, const QString& hindrance);
  /// A run is on in this window: none can go on meanwhile.
  void set_run_on(bool on);
  [[nodiscard]] QPushButton& resume_button() { return *resume_; }
  [[nodiscard]] RunsModel& model() { return *model_; }
  [[nodiscard]] QTreeView& view() { return *view_; }
  /// Ids in the order of the view.
  [[nodiscard]] std::vector<qint64> selected() const;
  void select(const std::vector<qint64>& runs);

 Q_SIGNALS:
  void looked_at();  ///< once a second as long as somebody can see the list: the record may have changed
  void search_changed(const QString& words);
  void open_wanted(qint64 run);
  void resumable_wanted(qint64 run);  ///< one run has been chosen: can it go on? Answered by show_resumable()
  void resume_wanted(qint64 run);
  void compare_wanted(const std::vector<qint64>& runs);
  void report_wanted(qint64 run);
  void export_wanted(qint64 run);  ///< its model, in the format of another program
  void pin_wanted(const std::vector<qint64>& runs, bool pinned);
  void remove_wanted(const std::vector<qint64>& runs);
  void restore_wanted(const std::vector<qint64>& runs);

 private:
  void make_view();
  void keep_looking();
  [[nodiscard]] QWidget* make_tools();
  [[nodiscard]] QWidget* make_undo_bar();
  void update_tools();
  void update_resume();
  void forbid_resume(const QString& why);
  void update_empty();
  void make_actions();
  void edit(int column);
  void show_written(int first, int last);
  [[nodiscard]] bool all_pinned() const;
  [[nodiscard]] QMenu* make_menu();

  RunsModel* model_;
  QSortFilterProxyModel* sorted_;
  QTreeView* view_;
  QLineEdit* search_;
  QPushButton *resume_, *compare_, *report_;
  QAction *open_, *pin_, *tags_, *note_, *remove_, *go_on_, *export_;
  QWidget* undo_bar_ = nullptr;
  QLabel* undo_text_ = nullptr;
  QLabel* empty_;
  QStackedLayout* stack_ = nullptr;
  QTimer look_timer_{};
  QTimer search_timer_{};
  QTimer undo_timer_{};
  std::vector<qint64> removed_{};
  qint64 asked_ = 0;  ///< the run of which it is known, or asked, whether it can go on
  bool asked_active_ = false;
  bool run_on_ = false;
  bool any_ = false;  ///< there was a run to see, before any search
};

}  // namespace feedline::gui::inline runs
