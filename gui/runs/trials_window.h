// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QDialog>
#include <QString>
#include <QStringList>

#include <optional>
#include <utility>
#include <vector>

class QDoubleSpinBox;
class QFormLayout;
class QPushButton;
class QSplitter;
class QTreeWidget;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline runs {

/// What windows have in common in which one asks for several runs and compares them: a form with a limit of time and a
/// button that starts and stops, words, and, once something was found, a plot over a table. Runs nothing itself.
class TrialsWindow : public QDialog {
  Q_OBJECT

 public:
  [[nodiscard]] QTreeWidget& table() { return *table_; }
  [[nodiscard]] QString words() const;

 public Q_SLOTS:
  /// While it is busy, its fields stay as they are, and the button stops it.
  void set_busy(bool busy);

 Q_SIGNALS:
  void stop_wanted();

 protected:
  explicit TrialsWindow(QWidget* parent);
  // In the order of the tab key, then lay_out().
  void make_budget(double minutes);
  void make_button(const QString& name);
  /// `below` the table; null: nothing.
  void lay_out(QFormLayout* form, QWidget* plot, QWidget* below = nullptr);
  void keep_while_busy(std::vector<QWidget*> fields) { fields_ = std::move(fields); }

  /// What was found of another graph is forgotten.
  void name_graph(const QString& title, const QString& name);
  [[nodiscard]] std::optional<double> budget_s() const;
  [[nodiscard]] bool busy() const { return busy_; }
  void say(const QString& text, bool error);
  /// `stopped`: said where nothing had come of it yet.
  void say_error(const Error& error, const QString& stopped);
  /// A table has these columns, and no rows.
  void begin_table(const QStringList& head);
  void end_table();

  /// Shows what it is for in place of what one found.
  virtual void forget() = 0;
  /// The button was pressed.
  virtual void start() = 0;
  virtual void busy_changed() {}

  QTreeWidget* table_;
  QSplitter* found_;  ///< plot and table
  QDoubleSpinBox* budget_ = nullptr;
  QPushButton* button_ = nullptr;

 private:
  void start_or_stop();

  Caption* words_;
  std::vector<QWidget*> fields_{};
  bool busy_ = false;
  QString graph_name_{};
};

}  // namespace feedline::gui::inline runs
