// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/inference/typed_record.h"

#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>
#include <QWidget>

class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QTreeWidget;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline plots {

/// Where one record is typed that a model is to be asked about: a text, or a field for each column of a row. Return in
/// a field of a row asks, Ctrl+Return in a text, and the button in both.
class RecordForm : public QWidget {
  Q_OBJECT

 public:
  /// More fields than these nobody fills in; then the form says so.
  static constexpr std::size_t kMostFields = 64;

  explicit RecordForm(QWidget* parent = nullptr);
  /// Of rows without columns, which are not known yet, it says what is waited for. What was typed comes back with
  /// a column of that name.
  void set_input(const ModelInput& input);
  [[nodiscard]] bool can_ask() const;
  /// A record that was not typed, to be looked at or changed; of more columns than there are fields for, a list.
  void show_cells(const QStringList& cells);
  /// One text, or one cell a column.
  [[nodiscard]] QStringList cells() const;

 Q_SIGNALS:
  void asked(const QStringList& cells);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build_fields(const std::vector<feedline::Column>& columns);
  void ask();

  ModelInput input_{};
  Caption* told_;
  QPlainTextEdit* text_;
  QScrollArea* area_;
  QTreeWidget* list_;
  QPushButton* ask_;
  QList<QLineEdit*> fields_{};
  QHash<QString, QString> typed_{};  ///< by column, from one run to the next
};

}  // namespace feedline::gui::inline plots
