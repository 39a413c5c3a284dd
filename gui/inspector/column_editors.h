// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/inspector/param_editor.h"
#include "gui/models/columns_model.h"

#include <optional>

class QComboBox;
class QLineEdit;
class QSortFilterProxyModel;
class QToolButton;
class QTreeView;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline inspector {

/// A list of columns: those of the table with a check box each, a field that filters them, and buttons for all of one
/// type. What the table does not have stays in the list, marked. While the columns are not known, or where somebody
/// prefers it (to put them in order, say), it is the usual form of a list.
///
/// Keys: Space checks the row, Down goes from the field to the rows, Return in the field checks the only row that is
/// left, or adds what is typed where patterns are allowed.
class ColumnListEditor : public ParamEditor {
  Q_OBJECT

 public:
  ColumnListEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;
  void show_columns(const std::vector<Column>& columns) override;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void make_chooser();
  void choose_shown(std::optional<ColumnType> type, bool on);
  void accept_filter();
  void tell();
  void fit();
  void switch_form();

  ParamSpec spec_;
  ColumnsModel model_;
  ParamEditor* plain_;
  QWidget* chooser_ = nullptr;
  QLineEdit* filter_ = nullptr;
  QSortFilterProxyModel* rows_ = nullptr;
  QTreeView* view_ = nullptr;
  base::Caption* count_ = nullptr;
  QToolButton* as_lines_ = nullptr;
  std::vector<std::string> told_{};  ///< what the document has, as far as the form knows
  bool mixed_ = false;
};

/// One column: a choice among those of the table. While they are not known, the usual field for a text.
class ColumnBoxEditor : public ParamEditor {
  Q_OBJECT

 public:
  ColumnBoxEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;
  void show_columns(const std::vector<Column>& columns) override;

 private:
  void make_box();
  void show_name();

  ParamSpec spec_;
  ParamEditor* plain_;
  QComboBox* box_ = nullptr;
  class BoxModel;
  BoxModel* model_ = nullptr;
  std::optional<std::string> name_{};  ///< none: they differ
};

}  // namespace feedline::gui::inline inspector
