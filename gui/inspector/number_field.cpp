// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/number_field.h"

#include "gui/base/field_keys.h"
#include "gui/models/sentence.h"
#include "gui/models/text.h"

#include <QKeyEvent>
#include <QScopedValueRollback>
#include <QStyle>

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::gui::inline inspector {
namespace {

constexpr int kPage = 10;
constexpr double kWidest = 9e15;  // whole numbers stay exact

std::optional<double> as_double(const std::optional<Value>& value) {
  if (!value) return std::nullopt;
  if (const auto* whole = std::get_if<std::int64_t>(&*value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&*value)) return *real;
  return std::nullopt;
}

bool is_step(int key) {
  return key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp || key == Qt::Key_PageDown;
}

}  // namespace

ParamSpec whole_number(std::string name, std::int64_t low, std::int64_t high) {
  ParamSpec spec{.name = std::move(name), .kind = ParamKind::Integer, .default_value = low};
  spec.hard_min = spec.ui_min = static_cast<double>(low);
  spec.hard_max = spec.ui_max = static_cast<double>(high);
  return spec;
}

NumberField::NumberField(ParamSpec spec, QWidget* parent) : QLineEdit(parent), spec_(std::move(spec)) {
  const double span = spec_.ui_max - spec_.ui_min;
  const bool whole = spec_.kind != ParamKind::Real;
  first_step_ = whole ? 1 : std::isfinite(span) && span > 0 ? QString::number(span / 100, 'g', 1).toDouble() : 0.1;
  setFocusPolicy(Qt::StrongFocus);
  connect(this, &QLineEdit::textEdited, this, &NumberField::read);
  connect(this, &QLineEdit::editingFinished, this, &NumberField::finish);
}

double NumberField::value() const { return as_double(number_).value_or(std::numeric_limits<double>::quiet_NaN()); }

void NumberField::show_number(const Value& value) {
  const bool same = !mixed_ && number_ == value;
  number_ = value;
  mixed_ = false;
  if (telling_ || (same && pending())) return;
  write();
}

void NumberField::show_mixed() {
  const bool same = mixed_;
  number_.reset();
  mixed_ = true;
  if (telling_ || (same && pending())) return;
  write();
}

void NumberField::show_text(const QString& text) {
  number_.reset();
  mixed_ = false;
  if (telling_ || pending()) return;
  setText(text);
}

void NumberField::set_limits(double low, double high) {
  spec_.hard_min = spec_.ui_min = low;
  spec_.hard_max = spec_.ui_max = high;
  if (const auto now = as_double(number_); now && !pending() && (*now < low || *now > high)) {
    const double inside = std::clamp(*now, low, high);
    if (spec_.kind == ParamKind::Real)
      show_number(inside);
    else
      show_number(static_cast<std::int64_t>(inside));
  }
}

/// What the field stands for becomes its text again.
void NumberField::write() {
  typing_ = false;
  set_fault({});
  setPlaceholderText(mixed_ ? tr("mixed") : QString());
  const QString text = number_ ? to_qstring(to_text(*number_)) : QString();
  if (text == QLineEdit::text()) return;
  setText(text);
  setCursorPosition(0);
}

void NumberField::set_fault(const QString& fault) {
  if (fault == fault_) return;
  setProperty("faulty", !fault.isEmpty());
  style()->unpolish(this);  // a style sheet looks at properties only then
  style()->polish(this);
  if (toolTip() != fault_) own_tip_ = toolTip();
  fault_ = fault;
  setToolTip(fault.isEmpty() ? own_tip_ : fault);
  setAccessibleDescription(fault);
  Q_EMIT fault_changed(fault);
}

void NumberField::read(const QString& text) {
  if (!std::exchange(typing_, true)) {
    before_ = number_;
    was_mixed_ = mixed_;
  }
  const Result<Value> read = spec_.parse(text.trimmed().toStdString());
  if (read) {
    set_fault({});
    if (mixed_ || number_ != *read) take(*read);
    return;
  }
  // "8*" is not wrong yet; a number out of range is.
  ParamSpec free = spec_;
  free.hard_min = -std::numeric_limits<double>::infinity();
  free.hard_max = std::numeric_limits<double>::infinity();
  set_fault(free.parse(text.trimmed().toStdString()) ? sentence(read.error()) : QString());
  if (number_ == before_ && mixed_ == was_mixed_) return;
  number_ = before_;
  mixed_ = was_mixed_;
  const QScopedValueRollback<bool> telling(telling_, true);
  Q_EMIT withdrawn();
}

void NumberField::take(const Value& value) {
  number_ = value;
  mixed_ = false;
  const QScopedValueRollback<bool> telling(telling_, true);
  Q_EMIT edited(value);
}

void NumberField::finish() {
  if (!typing_) return;
  const Result<Value> read = spec_.parse(text().trimmed().toStdString());
  typing_ = false;
  if (read || text().trimmed().isEmpty()) {
    write();
  } else {
    set_fault(sentence(read.error()));
  }
  Q_EMIT gesture_ended();
}

void NumberField::give_up() {
  if (typing_ && (number_ != before_ || mixed_ != was_mixed_)) {
    number_ = before_;
    mixed_ = was_mixed_;
    const QScopedValueRollback<bool> telling(telling_, true);
    Q_EMIT withdrawn();
  }
  write();
  selectAll();
  Q_EMIT gesture_ended();
}

void NumberField::step_by(int steps) {
  const double now = as_double(number_).value_or(as_double(spec_.default_value).value_or(0));
  const bool whole = spec_.kind != ParamKind::Real;
  double step = first_step_;
  if (!whole && now != 0) step = std::pow(10, std::floor(std::log10(std::abs(now))) - 1);
  const double next =
      std::clamp(now + steps * step, std::max(spec_.hard_min, -kWidest), std::min(spec_.hard_max, kWidest));
  if (whole)
    take(static_cast<std::int64_t>(std::llround(next)));
  else
    take(QString::number(next, 'g', 12).toDouble());  // 0.1 + 0.2 is 0.3
  write();
  selectAll();
}

bool NumberField::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    const auto& key = static_cast<const QKeyEvent&>(*event);
    // What counts is in the document's history; only what is not taken is the field's own.
    if (is_redo(key) || (is_undo(key) && !pending())) {
      event->ignore();
      return true;
    }
    if (is_undo(key) && fault_.isEmpty() && (number_ != before_ || mixed_ != was_mixed_)) {
      event->ignore();
      return true;
    }
    if (key.key() == Qt::Key_Escape && pending()) {
      event->accept();
      return true;
    }
  }
  return QLineEdit::event(event);
}

void NumberField::keyPressEvent(QKeyEvent* event) {
  if (pending() && (event->key() == Qt::Key_Escape || is_undo(*event))) return give_up();
  // Its history is the document's: the line edit's own would bring back letters that count no more.
  if (event->key() == Qt::Key_Escape || is_undo(*event) || is_redo(*event)) return event->ignore();
  if (!is_step(event->key()) || event->modifiers().testFlag(Qt::ControlModifier))
    return QLineEdit::keyPressEvent(event);
  const bool page = event->key() == Qt::Key_PageUp || event->key() == Qt::Key_PageDown;
  const bool up = event->key() == Qt::Key_Up || event->key() == Qt::Key_PageUp;
  step_by((up ? 1 : -1) * (page ? kPage : 1));
}

void NumberField::keyReleaseEvent(QKeyEvent* event) {
  QLineEdit::keyReleaseEvent(event);
  if (is_step(event->key()) && !event->isAutoRepeat()) Q_EMIT gesture_ended();
}

}  // namespace feedline::gui::inline inspector
