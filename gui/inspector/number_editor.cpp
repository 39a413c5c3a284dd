// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/number_editor.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QHBoxLayout>
#include <QRandomGenerator>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline inspector {
namespace {

constexpr int kSliderSteps = 200;

double rounded_to_digits(double number, int digits) { return QString::number(number, 'g', digits).toDouble(); }

}  // namespace

NumberEditor::NumberEditor(const ParamSpec& spec, QWidget* parent)
    : ParamEditor(parent), spec_(spec), whole_(spec.kind != ParamKind::Real), field_(new NumberField(spec, this)) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit);
  const double span = spec.ui_max - spec.ui_min;
  if (spec.kind != ParamKind::Seed && std::isfinite(span) && span > 0) add_slider();
  field_->setAccessibleName(spaced(spec.name));
  field_->setMinimumWidth(10 * Theme::kUnit);
  if (slider_ != nullptr) field_->setMaximumWidth(12 * Theme::kUnit);
  layout->addWidget(field_, slider_ == nullptr ? 1 : 0);
  if (!spec.unit.empty()) layout->addWidget(new Caption(Caption::Tone::Muted, to_qstring(spec.unit), this));
  if (spec.kind == ParamKind::Seed) add_dice();
  connect(field_, &NumberField::edited, this, [this](const Value& value) {
    move_slider(field_->value());
    Q_EMIT edited(value);
  });
  connect(field_, &NumberField::withdrawn, this, &ParamEditor::withdrawn);
  connect(field_, &NumberField::gesture_ended, this, &ParamEditor::gesture_ended);
  connect(field_, &NumberField::fault_changed, this, &ParamEditor::fault_changed);
}

void NumberEditor::add_slider() {
  const double span = spec_.ui_max - spec_.ui_min;
  logarithmic_ = spec_.ui_min > 0 && spec_.ui_max / spec_.ui_min >= 64;
  slider_ = new QSlider(Qt::Horizontal, this);
  slider_->setRange(0, whole_ && !logarithmic_ ? static_cast<int>(std::min(span, 1e6)) : kSliderSteps);
  slider_->setAccessibleName(spaced(spec_.name));
  slider_->setFocusPolicy(Qt::ClickFocus);
  slider_->setMinimumWidth(8 * Theme::kUnit);
  static_cast<QHBoxLayout*>(layout())->addWidget(slider_, 1);
  connect(slider_, &QSlider::sliderPressed, this, &ParamEditor::gesture_ended);
  connect(slider_, &QSlider::sliderReleased, this, &ParamEditor::gesture_ended);
  connect(slider_, &QSlider::valueChanged, this, [this](int step) {
    const Value value = to_value(at_slider(step));
    field_->show_number(value);
    Q_EMIT edited(value);
    if (!slider_->isSliderDown()) Q_EMIT gesture_ended();
  });
}

void NumberEditor::add_dice() {
  auto* dice = new QToolButton(this);
  dice->setIcon(Theme::instance().icon(QStringLiteral("dice")));
  dice->setToolTip(tr("Another seed"));
  dice->setAccessibleName(tr("Another seed"));
  connect(dice, &QToolButton::clicked, this, &NumberEditor::throw_dice);
  connect(&Theme::instance(), &Theme::changed, dice,
          [dice] { dice->setIcon(Theme::instance().icon(QStringLiteral("dice"))); });
  layout()->addWidget(dice);
}

Value NumberEditor::to_value(double number) const {
  if (whole_) return static_cast<std::int64_t>(std::llround(number));
  return number;
}

double NumberEditor::at_slider(int step) const {
  const double part = static_cast<double>(step) / slider_->maximum();
  double number = logarithmic_ ? spec_.ui_min * std::pow(spec_.ui_max / spec_.ui_min, part)
                               : spec_.ui_min + part * (spec_.ui_max - spec_.ui_min);
  number = whole_ ? std::round(number) : rounded_to_digits(number, 3);
  return std::clamp(number, spec_.hard_min, spec_.hard_max);
}

int NumberEditor::slider_at(double number) const {
  const double inside = std::clamp(number, spec_.ui_min, spec_.ui_max);
  const double part = logarithmic_ ? std::log(inside / spec_.ui_min) / std::log(spec_.ui_max / spec_.ui_min)
                                   : (inside - spec_.ui_min) / (spec_.ui_max - spec_.ui_min);
  return static_cast<int>(std::lround(part * slider_->maximum()));
}

void NumberEditor::move_slider(double number) {
  if (slider_ == nullptr || slider_->isSliderDown() || !std::isfinite(number)) return;
  const QSignalBlocker quiet(slider_);
  slider_->setValue(slider_at(number));
}

void NumberEditor::throw_dice() {
  const auto top = static_cast<quint32>(std::clamp(spec_.ui_max, 1.0, 4294967294.0));
  const double number = QRandomGenerator::global()->bounded(top + 1);
  Q_EMIT gesture_ended();
  Q_EMIT edited(to_value(number));
  Q_EMIT gesture_ended();
}

void NumberEditor::show_mixed() { field_->show_mixed(); }

void NumberEditor::show_value(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value)) {
    field_->show_number(value);
    move_slider(field_->value());
  } else {
    field_->show_text(to_qstring(to_text(value)));  // wrong kind: shown as it is
  }
}

}  // namespace feedline::gui::inline inspector
