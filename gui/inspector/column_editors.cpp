// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/column_editors.h"

#include "base/plain_text.h"
#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/inspector/list_editor.h"
#include "gui/inspector/text_editors.h"
#include "gui/inspector/themed_combo.h"
#include "gui/models/sentence.h"
#include "gui/models/text.h"

#include <QAbstractListModel>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline inspector {
namespace {

constexpr int kShownColumns = 9;     // more are scrolled to
constexpr int kUnfilteredCount = 6;  // so few are seen at once

void forward(ParamEditor* from, ParamEditor* to) {
  QObject::connect(from, &ParamEditor::edited, to, &ParamEditor::edited);
  QObject::connect(from, &ParamEditor::withdrawn, to, &ParamEditor::withdrawn);
  QObject::connect(from, &ParamEditor::gesture_ended, to, &ParamEditor::gesture_ended);
  QObject::connect(from, &ParamEditor::fault_changed, to, &ParamEditor::fault_changed);
}

QVBoxLayout* stacked_layout(QWidget* widget, QWidget* plain) {
  auto* layout = new QVBoxLayout(widget);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit / 2);
  layout->addWidget(plain);
  return layout;
}

}  // namespace

ColumnListEditor::ColumnListEditor(const ParamSpec& spec, QWidget* parent)
    : ParamEditor(parent), spec_(spec), model_(spec, this), plain_(new ListEditor(spec, this)) {
  stacked_layout(this, plain_);
  forward(plain_, this);
  connect(&model_, &ColumnsModel::chosen, this, &ColumnListEditor::tell);
}

void ColumnListEditor::make_chooser() {
  chooser_ = new QWidget(this);
  chooser_->setObjectName(QStringLiteral("column_chooser"));
  auto* layout = new QVBoxLayout(chooser_);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit / 2);
  static_cast<QVBoxLayout*>(this->layout())->insertWidget(0, chooser_);

  filter_ = new QLineEdit(chooser_);
  filter_->setObjectName(QStringLiteral("column_filter"));
  filter_->setClearButtonEnabled(true);
  filter_->setAccessibleName(tr("Filter the columns of %1").arg(spaced(spec_.name)));
  filter_->setPlaceholderText(spec_.list.items == ItemKind::Pattern ? tr("Filter, or add a pattern such as price*")
                                                                    : tr("Filter the columns"));
  filter_->installEventFilter(this);
  layout->addWidget(filter_);

  rows_ = new QSortFilterProxyModel(this);
  rows_->setSourceModel(&model_);
  rows_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  view_ = new QTreeView(chooser_);
  view_->setObjectName(QStringLiteral("columns"));
  view_->setAccessibleName(tr("Columns, %1").arg(spaced(spec_.name)));
  view_->setModel(rows_);
  view_->setHeaderHidden(true);
  view_->setRootIsDecorated(false);
  view_->setUniformRowHeights(true);
  view_->setTextElideMode(Qt::ElideMiddle);
  view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  view_->header()->setStretchLastSection(false);
  view_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  view_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  view_->header()->setResizeContentsPrecision(64);  // rows that are measured: a table may have 100,000
  layout->addWidget(view_);

  auto* tools = new QHBoxLayout;
  tools->setSpacing(Theme::kUnit / 2);
  const auto add_tool = [&](const QString& name, const QString& text, const QString& tip, auto work) {
    auto* button = new QPushButton(text, chooser_);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setAccessibleName(tr("%1, %2").arg(text, spaced(spec_.name)));
    connect(button, &QPushButton::clicked, this, work);
    tools->addWidget(button);
  };
  const bool both = !spec_.columns.type.has_value();
  if (both) {
    add_tool(QStringLiteral("all_numbers"), tr("Numbers"), tr("Check all columns of numbers that are shown"),
             [this] { choose_shown(ColumnType::Number, true); });
    add_tool(QStringLiteral("all_texts"), tr("Texts"), tr("Check all columns of texts that are shown"),
             [this] { choose_shown(ColumnType::Text, true); });
  } else {
    add_tool(QStringLiteral("all_columns"), tr("All"), tr("Check all columns that are shown"),
             [this] { choose_shown(std::nullopt, true); });
  }
  add_tool(QStringLiteral("no_columns"), tr("None"), tr("Uncheck all that are shown"),
           [this] { choose_shown(std::nullopt, false); });
  tools->addStretch(1);
  layout->addLayout(tools);

  count_ = new Caption(Caption::Tone::Muted, {}, chooser_);
  count_->setObjectName(QStringLiteral("column_count"));
  layout->addWidget(count_);

  as_lines_ = new QToolButton(this);
  as_lines_->setObjectName(QStringLiteral("as_lines"));
  as_lines_->setText(tr("As lines"));
  as_lines_->setCheckable(true);
  as_lines_->setAutoRaise(true);
  as_lines_->setFocusPolicy(Qt::StrongFocus);
  as_lines_->setToolTip(tr("Show the list as lines, which can be put in another order"));
  as_lines_->setAccessibleName(tr("%1 as lines").arg(spaced(spec_.name)));
  static_cast<QVBoxLayout*>(this->layout())->addWidget(as_lines_, 0, Qt::AlignLeft);

  connect(as_lines_, &QToolButton::toggled, this, &ColumnListEditor::switch_form);
  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
    // What is about to be a pattern filters nothing away.
    const bool pattern = spec_.list.items == ItemKind::Pattern && text.contains(QLatin1Char('*'));
    rows_->setFilterFixedString(pattern ? QString() : text);
  });
  connect(filter_, &QLineEdit::returnPressed, this, &ColumnListEditor::accept_filter);
}

void ColumnListEditor::show_columns(const std::vector<Column>& columns) {
  if (columns.empty() && chooser_ == nullptr) return;
  if (chooser_ == nullptr) make_chooser();
  if (columns == model_.columns()) return;
  model_.set_columns(columns);
  switch_form();
}

void ColumnListEditor::switch_form() {
  const bool known = !model_.columns().empty();
  const bool lines = !known || as_lines_->isChecked();
  const bool had_focus = plain_->isAncestorOf(focusWidget()) || chooser_->isAncestorOf(focusWidget());
  plain_->setVisible(lines);
  chooser_->setVisible(!lines);
  as_lines_->setVisible(known);
  fit();
  if (had_focus && !lines) view_->setFocus(Qt::OtherFocusReason);
}

/// As high as its rows, up to some.
void ColumnListEditor::fit() {
  if (chooser_ == nullptr) return;
  filter_->setVisible(model_.rowCount() > kUnfilteredCount || spec_.list.items == ItemKind::Pattern);
  const int row = std::max(view_->sizeHintForRow(0), view_->fontMetrics().height() + 4);
  view_->setFixedHeight(row * std::clamp(model_.rowCount(), 1, kShownColumns) + 2 * view_->frameWidth() + 2);
  const auto total = static_cast<qsizetype>(model_.columns().size());
  const auto named = static_cast<qsizetype>(model_.named().size());
  count_->setText(mixed_ ? tr("The nodes differ")
                  : named == 0
                      ? tr("None of %1 is named").arg(count_text(total, tr("1 column"), tr("%1 columns")))
                      : tr("%1 named, of %2").arg(named).arg(count_text(total, tr("1 column"), tr("%1 columns"))));
}

void ColumnListEditor::show_value(const Value& value) {
  plain_->show_value(value);
  mixed_ = false;
  told_ = texts_of(value).value_or(std::vector<std::string>());
  model_.set_named(told_);
  fit();
}

void ColumnListEditor::show_mixed() {
  plain_->show_mixed();
  mixed_ = true;
  told_.clear();
  model_.set_named({});
  fit();
}

/// Those that the filter shows.
void ColumnListEditor::choose_shown(std::optional<ColumnType> type, bool on) {
  std::vector<std::string> names;
  for (int row = 0; row < rows_->rowCount(); ++row) {
    const QModelIndex index = rows_->index(row, 0);
    const QVariant held = index.data(ColumnsModel::TypeRole);
    if (type && (!held.isValid() || held.toInt() != static_cast<int>(*type))) continue;
    if (on && !held.isValid()) continue;  // what the table does not have is not asked for anew
    names.push_back(index.data(ColumnsModel::NameRole).toByteArray().toStdString());
  }
  model_.choose(names, on);
}

void ColumnListEditor::accept_filter() {
  const QString text = filter_->text();
  if (spec_.list.items == ItemKind::Pattern && text.contains(QLatin1Char('*'))) {
    model_.choose({text.toStdString()}, true);
    filter_->clear();
  } else if (rows_->rowCount() == 1) {
    const QModelIndex only = rows_->index(0, 0);
    const bool on = only.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    model_.choose({only.data(ColumnsModel::NameRole).toByteArray().toStdString()}, !on);
    filter_->selectAll();
  }
}

void ColumnListEditor::tell() {
  ValueList list;
  for (const std::string& name : model_.named()) list.emplace_back(name);
  const Value value(std::move(list));
  if (Status fine = spec_.check(value); !fine) {
    model_.set_named(told_);
    Q_EMIT fault_changed(sentence(fine.error()));
    return fit();
  }
  told_ = model_.named();
  mixed_ = false;
  plain_->show_value(value);
  fit();
  Q_EMIT fault_changed({});
  Q_EMIT edited(value);
  Q_EMIT gesture_ended();
}

bool ColumnListEditor::eventFilter(QObject* watched, QEvent* event) {
  if (watched == filter_ && event->type() == QEvent::KeyPress &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Down && rows_->rowCount() > 0) {
    view_->setFocus(Qt::OtherFocusReason);
    if (!view_->currentIndex().isValid()) view_->setCurrentIndex(rows_->index(0, 0));
    return true;
  }
  return ParamEditor::eventFilter(watched, event);
}

/// Nothing, what the table does not have, and its columns.
class ColumnBoxEditor::BoxModel : public QAbstractListModel {
 public:
  using QAbstractListModel::QAbstractListModel;

  void show(std::vector<Column> columns, std::string stranger) {
    if (columns == columns_ && stranger == stranger_) return;
    beginResetModel();
    columns_ = std::move(columns);
    stranger_ = std::move(stranger);
    endResetModel();
  }
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] bool has(const std::string& name) const {
    return std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) { return column.name == name; });
  }
  [[nodiscard]] std::string name_at(int row) const {
    const auto at = static_cast<std::size_t>(row);
    if (row <= 0) return {};
    if (at < first()) return stranger_;
    return columns_[at - first()].name;
  }
  [[nodiscard]] int row_of(const std::string& name) const {
    for (int row = 0; row < rowCount(); ++row)
      if (name_at(row) == name) return row;
    return -1;
  }
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(first() + columns_.size());
  }
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::DisplayRole) return {};
    const auto at = static_cast<std::size_t>(index.row());
    if (at == 0) return ColumnBoxEditor::tr("none named");
    const QString name = to_qstring(escape_name(name_at(index.row())));
    if (at < first()) return ColumnBoxEditor::tr("%1 (not in the table)").arg(name);
    return columns_[at - first()].type == ColumnType::Number ? ColumnBoxEditor::tr("%1 (number)").arg(name)
                                                             : ColumnBoxEditor::tr("%1 (text)").arg(name);
  }

 private:
  [[nodiscard]] std::size_t first() const { return stranger_.empty() ? 1 : 2; }
  std::vector<Column> columns_{};
  std::string stranger_{};
};

ColumnBoxEditor::ColumnBoxEditor(const ParamSpec& spec, QWidget* parent)
    : ParamEditor(parent), spec_(spec), plain_(new TextEditor(spec, this)) {
  stacked_layout(this, plain_);
  forward(plain_, this);
}

void ColumnBoxEditor::make_box() {
  model_ = new BoxModel(this);
  box_ = new ThemedCombo(this);
  box_->setModel(model_);
  box_->setAccessibleName(tr("%1, a column").arg(spaced(spec_.name)));
  box_->setFocusPolicy(Qt::StrongFocus);
  box_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);  // a table may have 100,000
  box_->setMinimumContentsLength(8);
  layout()->addWidget(box_);
  connect(box_, &QComboBox::activated, this, [this](int row) {
    const std::string chosen = model_->name_at(row);
    if (name_ == chosen) return;
    name_ = chosen;
    plain_->show_value(Value(chosen));
    Q_EMIT edited(Value(chosen));
    Q_EMIT gesture_ended();
  });
}

void ColumnBoxEditor::show_columns(const std::vector<Column>& columns) {
  if (columns.empty() && box_ == nullptr) return;
  if (box_ == nullptr) make_box();
  std::vector<Column> fitting;
  for (const Column& column : columns)
    if (!spec_.columns.type || column.type == *spec_.columns.type) fitting.push_back(column);
  plain_->setVisible(fitting.empty());
  box_->setVisible(!fitting.empty());
  const QSignalBlocker quiet(box_);
  model_->show(std::move(fitting), {});
  show_name();
}

void ColumnBoxEditor::show_value(const Value& value) {
  plain_->show_value(value);
  name_ = to_text(value);
  show_name();
}

void ColumnBoxEditor::show_mixed() {
  plain_->show_mixed();
  name_.reset();
  show_name();
}

void ColumnBoxEditor::show_name() {
  if (box_ == nullptr) return;
  const QSignalBlocker quiet(box_);
  const std::string name = name_.value_or(std::string());
  model_->show(model_->columns(), name.empty() || model_->has(name) ? std::string() : name);
  box_->setPlaceholderText(tr("mixed"));
  box_->setCurrentIndex(name_ ? model_->row_of(name) : -1);
}

}  // namespace feedline::gui::inline inspector
