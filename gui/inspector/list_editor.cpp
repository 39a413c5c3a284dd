// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/list_editor.h"

#include "gui/base/theme.h"
#include "gui/models/sentence.h"
#include "gui/models/text.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QIcon>
#include <QKeyEvent>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline inspector {
namespace {

/// One item as a parameter of its own, so that it is read as any other text of the user.
ParamSpec item_spec(const ParamSpec& list) {
  ParamSpec spec{.name = list.name, .hard_min = list.hard_min, .hard_max = list.hard_max, .unit = list.unit};
  if (list.list.items == ItemKind::Integer) spec.kind = ParamKind::Integer;
  if (list.list.items == ItemKind::Real) spec.kind = ParamKind::Real;
  return spec;
}

/// The list that stands in the lines, or why it is none.
Result<Value> read_lines(const ParamSpec& spec, const QStringList& lines) {
  const ParamSpec one = item_spec(spec);
  ValueList list;
  for (const QString& line : lines) {
    auto item = one.parse(line.toStdString());
    if (!item) return fail(std::move(item.error()));
    if (const auto* whole = std::get_if<std::int64_t>(&*item))
      list.emplace_back(*whole);
    else if (const auto* real = std::get_if<double>(&*item))
      list.emplace_back(*real);
    else
      list.emplace_back(std::get<std::string>(*item));
  }
  Value value(std::move(list));
  if (Status fine = spec.check(value); !fine) return fail(std::move(fine.error()));
  return value;
}

QIcon remove_icon() { return Theme::instance().icon(QStringLiteral("trash")); }

}  // namespace

ListEditor::ListEditor(const ParamSpec& spec, QWidget* parent)
    : ParamEditor(parent), spec_(spec), lines_(new QVBoxLayout), add_(new QToolButton(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit / 2);
  lines_->setSpacing(Theme::kUnit / 2);
  layout->addLayout(lines_);
  const QString noun = spec.list.item_text.empty() ? tr("item") : spaced(spec.list.item_text);
  add_->setObjectName(QStringLiteral("add_item"));
  add_->setText(tr("Add %1").arg(noun));
  add_->setAccessibleName(add_->text());
  add_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  add_->setFocusPolicy(Qt::StrongFocus);
  layout->addWidget(add_, 0, Qt::AlignLeft);
  connect(add_, &QToolButton::clicked, this, [this] { add_below(rows_.size()); });
  const auto restyle = [this] {
    add_->setIcon(Theme::instance().icon(QStringLiteral("add")));
    for (const Row& row : rows_) row.remove->setIcon(remove_icon());
  };
  connect(&Theme::instance(), &Theme::changed, this, restyle);
  restyle();
}

QStringList ListEditor::items() const {
  QStringList texts;
  for (const Row& row : rows_) texts << row.line->text();
  return texts;
}

QToolButton* ListEditor::button_of(Row& row, const QString& name, const QString& tip) {
  auto* button = new QToolButton(row.box);
  button->setObjectName(name);
  button->setToolTip(tip);
  button->setAutoRaise(true);
  button->setFocusPolicy(Qt::TabFocus);
  row.box->layout()->addWidget(button);
  return button;
}

void ListEditor::make_row(std::size_t at, const QString& text) {
  Row row;
  row.box = new QWidget(this);
  auto* layout = new QHBoxLayout(row.box);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit / 4);
  row.line = new QLineEdit(text, row.box);
  row.line->installEventFilter(this);
  layout->addWidget(row.line, 1);
  row.up = button_of(row, QStringLiteral("move_up"), tr("Move up (Alt+Up)"));
  row.down = button_of(row, QStringLiteral("move_down"), tr("Move down (Alt+Down)"));
  row.remove = button_of(row, QStringLiteral("remove_item"), tr("Remove (Ctrl+Delete)"));
  row.up->setArrowType(Qt::UpArrow);
  row.down->setArrowType(Qt::DownArrow);
  row.remove->setIcon(remove_icon());
  const auto at_row = [this](QObject* part, auto work) {
    return [this, part, work] {
      if (const auto found = row_of(part)) work(*found);
    };
  };
  connect(row.up, &QToolButton::clicked, this, at_row(row.up, [this](std::size_t i) { move(i, -1); }));
  connect(row.down, &QToolButton::clicked, this, at_row(row.down, [this](std::size_t i) { move(i, 1); }));
  connect(row.remove, &QToolButton::clicked, this, at_row(row.remove, [this](std::size_t i) { remove(i); }));
  connect(row.line, &QLineEdit::editingFinished, this, at_row(row.line, [this](std::size_t i) { leave(i); }));
  lines_->insertWidget(static_cast<int>(at), row.box);
  row.box->show();  // at once: it is about to be given the focus
  rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(at), row);
}

/// Later, because one of its own buttons may be at work.
void ListEditor::drop_row(std::size_t at) {
  QWidget* box = rows_[at].box;
  const QSignalBlocker quiet(rows_[at].line);
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(at));
  lines_->removeWidget(box);
  box->hide();
  box->deleteLater();
}

void ListEditor::set_rows(const QStringList& texts) {
  while (rows_.size() > static_cast<std::size_t>(texts.size())) drop_row(rows_.size() - 1);
  for (std::size_t i = 0; i < static_cast<std::size_t>(texts.size()); ++i) {
    const QString& text = texts[static_cast<qsizetype>(i)];
    if (i == rows_.size()) make_row(i, text);
    if (rows_[i].line->text() != text) rows_[i].line->setText(text);
  }
  label_rows();
}

void ListEditor::label_rows() {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const QString name = tr("%1, item %2 of %3").arg(spaced(spec_.name)).arg(i + 1).arg(rows_.size());
    rows_[i].line->setAccessibleName(name);
    rows_[i].up->setAccessibleName(tr("Move up %1").arg(name));
    rows_[i].down->setAccessibleName(tr("Move down %1").arg(name));
    rows_[i].remove->setAccessibleName(tr("Remove %1").arg(name));
    rows_[i].up->setEnabled(i > 0);
    rows_[i].down->setEnabled(i + 1 < rows_.size());
  }
  add_->setEnabled(rows_.size() < spec_.list.most);
}

std::optional<std::size_t> ListEditor::row_of(const QObject* part) const {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (rows_[i].line == part || rows_[i].up == part || rows_[i].down == part || rows_[i].remove == part) return i;
  return std::nullopt;
}

void ListEditor::show_value(const Value& value) {
  QStringList texts;
  if (const auto* list = std::get_if<ValueList>(&value))
    for (const ListItem& item : *list) texts << to_qstring(to_text(item));
  else
    texts << to_qstring(to_text(value));
  const bool same = !mixed_ && texts == told_;
  mixed_ = false;
  told_ = texts;
  if (same && items() != texts) return;  // what is being written, or was refused, stays
  set_rows(texts);
}

void ListEditor::show_mixed() {
  mixed_ = true;
  told_.clear();
  set_rows({});
}

void ListEditor::add_below(std::size_t at) {
  const std::size_t place = std::min(at, rows_.size());
  make_row(place, {});
  label_rows();
  rows_[place].line->setFocus(Qt::OtherFocusReason);
}

void ListEditor::move(std::size_t at, int by) {
  const auto other = static_cast<std::ptrdiff_t>(at) + by;
  if (other < 0 || other >= static_cast<std::ptrdiff_t>(rows_.size())) return;
  QLineEdit* here = rows_[at].line;
  QLineEdit* there = rows_[static_cast<std::size_t>(other)].line;
  const QString text = here->text();
  here->setText(there->text());
  there->setText(text);
  if (here->hasFocus()) there->setFocus(Qt::OtherFocusReason);
  tell();
}

void ListEditor::remove(std::size_t at) {
  const bool had_focus = rows_[at].line->hasFocus() || rows_[at].remove->hasFocus();
  drop_row(at);
  label_rows();
  if (had_focus && !rows_.empty())
    rows_[std::min(at, rows_.size() - 1)].line->setFocus(Qt::OtherFocusReason);
  else if (had_focus)
    add_->setFocus(Qt::OtherFocusReason);
  tell();
}

/// A line that is left empty was not wanted.
void ListEditor::leave(std::size_t at) {
  if (rows_[at].line->text().trimmed().isEmpty()) {
    drop_row(at);
    label_rows();
  }
  tell();
}

void ListEditor::tell() {
  QStringList now = items();
  now.removeAll(QString());  // a line that is still to be written
  if (now == told_) {        // nothing new; of nodes that differ: nothing yet
    Q_EMIT fault_changed({});
    return;
  }
  const auto value = read_lines(spec_, now);
  if (!value) {
    Q_EMIT fault_changed(sentence(value.error()));
    return;
  }
  told_ = now;
  mixed_ = false;
  Q_EMIT fault_changed({});
  Q_EMIT edited(*value);
  Q_EMIT gesture_ended();
}

bool ListEditor::eventFilter(QObject* watched, QEvent* event) {
  const auto row = row_of(watched);
  if (!row || event->type() != QEvent::KeyPress) return ParamEditor::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  const bool alt = key->modifiers() == Qt::AltModifier;
  const bool control = key->modifiers() == Qt::ControlModifier;
  const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
  if (alt && (key->key() == Qt::Key_Up || key->key() == Qt::Key_Down)) {
    move(*row, key->key() == Qt::Key_Up ? -1 : 1);
  } else if (control && key->key() == Qt::Key_Delete) {
    remove(*row);
  } else if (control && enter) {
    if (rows_.size() < spec_.list.most && !rows_[*row].line->text().isEmpty()) add_below(*row + 1);
  } else {
    return ParamEditor::eventFilter(watched, event);
  }
  return true;
}

}  // namespace feedline::gui::inline inspector
