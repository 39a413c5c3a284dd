// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/inspector/param_editor.h"

#include <QStringList>

#include <optional>
#include <vector>

class QLineEdit;
class QToolButton;
class QVBoxLayout;

namespace feedline::gui::inline inspector {

/// The form of a list: a line an item, with buttons that move and remove it, and one that adds another. Keys in a line:
/// Alt+Up and Alt+Down move it, Ctrl+Delete removes it, Ctrl+Return adds one below. Each of these, and a text that is
/// left or confirmed, is one step. A list that the parameter does not allow stays in the form with the reason.
class ListEditor : public ParamEditor {
  Q_OBJECT

 public:
  ListEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;

  /// What stands in the lines now.
  [[nodiscard]] QStringList items() const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Row {
    QWidget* box = nullptr;
    QLineEdit* line = nullptr;
    QToolButton* up = nullptr;
    QToolButton* down = nullptr;
    QToolButton* remove = nullptr;
  };

  void make_row(std::size_t at, const QString& text);
  QToolButton* button_of(Row& row, const QString& name, const QString& tip);
  void drop_row(std::size_t at);
  void set_rows(const QStringList& texts);
  void label_rows();
  [[nodiscard]] std::optional<std::size_t> row_of(const QObject* part) const;

  void add_below(std::size_t at);
  void move(std::size_t at, int by);
  void remove(std::size_t at);
  void leave(std::size_t at);
  void tell();

  ParamSpec spec_;
  QVBoxLayout* lines_;
  QToolButton* add_;
  std::vector<Row> rows_{};
  QStringList told_{};  ///< what the document has, as far as the form knows
  bool mixed_ = false;
};

}  // namespace feedline::gui::inline inspector
