// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/record_form.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QFormLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace feedline::gui::inline plots {

RecordForm::RecordForm(QWidget* parent)
    : QWidget(parent),
      told_(new Caption(Caption::Tone::Muted, {}, this)),
      text_(new QPlainTextEdit(this)),
      area_(new QScrollArea(this)),
      list_(new QTreeWidget(this)),
      ask_(new QPushButton(tr("Ask the model"), this)) {
  text_->setObjectName(QStringLiteral("typed_text"));
  text_->setAccessibleName(tr("Text to ask the model about"));
  text_->setPlaceholderText(tr("Type or paste a text; Ctrl+Return asks the model"));
  text_->setTabChangesFocus(true);
  text_->setAcceptDrops(false);  // files go to the panel
  area_->setObjectName(QStringLiteral("typed_row"));
  area_->setWidgetResizable(true);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setFocusPolicy(Qt::NoFocus);
  list_->setObjectName(QStringLiteral("given_row"));
  list_->setAccessibleName(tr("The record's cells"));
  list_->setHeaderLabels({tr("Column"), tr("Value")});
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  ask_->setObjectName(QStringLiteral("ask_typed"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(Theme::kUnit / 2);
  column->addWidget(told_);
  column->addWidget(text_, 1);
  column->addWidget(area_, 1);
  column->addWidget(list_, 1);
  column->addWidget(ask_, 0, Qt::AlignLeft);
  connect(ask_, &QPushButton::clicked, this, &RecordForm::ask);
  text_->installEventFilter(this);
  connect(text_, &QPlainTextEdit::textChanged, this, [this] { ask_->setEnabled(can_ask()); });
  set_input({.form = GivenForm::Lines});
}

void RecordForm::set_input(const ModelInput& input) {
  const bool rows = input.form == GivenForm::Rows;
  if (rows && input != input_) build_fields(input.columns);
  input_ = input;
  text_->setVisible(!rows);
  area_->setVisible(rows && !fields_.isEmpty());
  list_->hide();
  told_->setVisible(rows && fields_.isEmpty());
  told_->setText(input.columns.empty()
                     ? tr("A field for each column comes with the first checkpoint.")
                     : tr("This model reads %1 columns, too many to type: drop or choose a CSV file that has them.")
                           .arg(input.columns.size()));
  ask_->setVisible(!rows || !fields_.isEmpty());
  ask_->setEnabled(can_ask());
}

void RecordForm::build_fields(const std::vector<feedline::Column>& columns) {
  for (const QLineEdit* field : fields_) typed_[field->accessibleName()] = field->text();
  fields_.clear();
  auto* page = new QWidget;
  page->setObjectName(QStringLiteral("ground"));  // the surface of the panel, in the style sheet
  auto* form = new QFormLayout(page);
  form->setContentsMargins(0, 0, Theme::kUnit, 0);
  form->setVerticalSpacing(Theme::kUnit / 2);
  form->setRowWrapPolicy(QFormLayout::WrapLongRows);
  if (columns.size() <= kMostFields)
    for (const feedline::Column& column : columns) {
      auto* field = new QLineEdit(page);
      const QString name = to_qstring(column.name);
      field->setObjectName(QStringLiteral("cell_") + name);
      field->setAccessibleName(name);
      field->setPlaceholderText(column.type == ColumnType::Number ? tr("number or empty") : tr("text or empty"));
      field->setAcceptDrops(false);
      field->setText(typed_.value(name));
      auto* label = new QLabel(name, page);
      label->setTextFormat(Qt::PlainText);
      label->setBuddy(field);
      form->addRow(label, field);
      connect(field, &QLineEdit::returnPressed, this, &RecordForm::ask);
      fields_ << field;
    }
  area_->setWidget(page);  // which deletes the one before
}

void RecordForm::show_cells(const QStringList& cells) {
  if (input_.form != GivenForm::Rows) return text_->setPlainText(cells.join(QLatin1Char('\n')));
  if (cells.size() != static_cast<qsizetype>(input_.columns.size())) return;
  for (qsizetype i = 0; i < fields_.size(); ++i) fields_[i]->setText(cells[i]);
  if (!fields_.isEmpty()) return;
  list_->clear();
  QList<QTreeWidgetItem*> rows;
  for (qsizetype i = 0; i < cells.size(); ++i)
    rows << new QTreeWidgetItem({to_qstring(input_.columns[static_cast<std::size_t>(i)].name), cells[i]});
  list_->addTopLevelItems(rows);
  list_->show();
}

bool RecordForm::can_ask() const {
  return input_.form == GivenForm::Rows ? !fields_.isEmpty() : !text_->toPlainText().trimmed().isEmpty();
}

QStringList RecordForm::cells() const {
  if (input_.form != GivenForm::Rows) return {text_->toPlainText()};
  QStringList cells;
  for (const QLineEdit* field : fields_) cells << field->text();
  return cells;
}

/// Ctrl+Return, which is the canvas's shortcut elsewhere.
bool RecordForm::eventFilter(QObject* watched, QEvent* event) {
  if (watched != text_ || (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride))
    return QWidget::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
  if (!enter || !key->modifiers().testFlag(Qt::ControlModifier)) return QWidget::eventFilter(watched, event);
  event->accept();
  if (event->type() == QEvent::KeyPress) ask();
  return true;
}

void RecordForm::ask() {
  if (can_ask()) Q_EMIT asked(cells());
}

}  // namespace feedline::gui::inline plots
