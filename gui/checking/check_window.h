// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "gui/checking/data_checker.h"
#include "gui/models/findings_model.h"

#include <QDialog>
#include <QTimer>

class QLabel;
class QListView;
class QProgressBar;
class QPushButton;
class QTabWidget;
class QTextBrowser;

namespace feedline::gui::inline checking {

class BadFilesView;

/// What a check of a graph's data finds: how far it is, its findings with remedies, the bad files, an overview of each
/// source. It belongs to no tab: it names the graph that it speaks of.
class CheckWindow : public QDialog {
  Q_OBJECT

 public:
  explicit CheckWindow(QWidget* parent = nullptr);

  /// Begins to check this graph. `name`: what stands on its tab.
  void check(const QString& name, const Document& document);
  [[nodiscard]] DataChecker& checker() { return checker_; }
  [[nodiscard]] const CheckReport* report() const { return pages_ == nullptr ? nullptr : pages_->report.get(); }
  [[nodiscard]] BadFilesView& files() { return *files_; }

 Q_SIGNALS:
  void node_wanted(const QString& node);  ///< a finding of it was chosen
  void done(const QString& name, const QString& summary);

 private:
  void show_progress();
  void show_report(std::shared_ptr<const CheckPages> pages);
  void show_overview();
  void show_fault(const Error& error);
  void set_busy(bool busy);

  DataChecker checker_{};
  std::shared_ptr<const CheckPages> pages_{};  ///< null: there is none yet
  FindingsModel findings_model_{};
  QString name_{};
  Document document_{};
  Nanos since_ = 0;  ///< the first record
  QTimer poll_{};
  QLabel* heading_;
  QLabel* state_;
  QProgressBar* bar_;
  QPushButton* button_;  ///< Stop, or Check again
  QTabWidget* tabs_;
  QListView* findings_;
  BadFilesView* files_;
  QTextBrowser* overview_;
};

}  // namespace feedline::gui::inline checking
