// SPDX-License-Identifier: GPL-3.0-or-later
#include "inspector/number_editor.h"

#include "app/theme.h"
#include "inspector/caption.h"
#include "models/text.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QRandomGenerator>
#include <QSignalBlocker>
#include <QToolButton>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace feedline::gui {
namespace {

constexpr double kWidest = 9e15;  // whole numbers stay exact
constexpr int kSliderSteps = 200;

double rounded_to_digits(double number, int digits) { return QString::number(number, 'g', digits).toDouble(); }

}  // namespace

NumberBox::NumberBox(const ParamSpec& spec, QWidget* parent)
    : QDoubleSpinBox(parent), whole_(spec.kind != ParamKind::Real), low_(spec.hard_min), high_(spec.hard_max) {
  const double span = spec.ui_max - spec.ui_min;
  first_step_ = whole_ ? 1 : std::isfinite(span) && span > 0 ? rounded_to_digits(span / 100, 1) : 0.1;
  if (const auto* number = std::get_if<double>(&spec.default_value)) fallback_ = *number;
  if (const auto* number = std::get_if<std::int64_t>(&spec.default_value)) fallback_ = static_cast<double>(*number);
  setLocale(QLocale::c());
  setDecimals(whole_ ? 0 : 12);
  setRange(-kWidest, kWidest);
  setButtonSymbols(NoButtons);  // arrow keys, wheel and slider do it; two 6-pixel targets do not
  setFocusPolicy(Qt::StrongFocus);
  setCorrectionMode(QAbstractSpinBox::CorrectToPreviousValue);
}

QString NumberBox::textFromValue(double value) const {
  return whole_ ? QString::number(value, 'f', 0) : QString::number(value, 'g', 10);
}

double NumberBox::valueFromText(const QString& text) const { return text.trimmed().toDouble(); }

QValidator::State NumberBox::validate(QString& input, int&) const {
  input.replace(QLatin1Char(','), QLatin1Char('.'));
  const QString allowed = whole_ ? QStringLiteral("+-0123456789") : QStringLiteral("+-0123456789.eE");
  for (const QChar letter : input.trimmed())
    if (!allowed.contains(letter)) return QValidator::Invalid;
  bool number = false;
  (void)input.trimmed().toDouble(&number);
  return number ? QValidator::Acceptable : QValidator::Intermediate;
}

void NumberBox::show_mixed() {
  setValue(-kWidest);
  lineEdit()->clear();
  lineEdit()->setPlaceholderText(tr("mixed"));
}

void NumberBox::stepBy(int steps) {
  const double now = lineEdit()->text().isEmpty() ? fallback_ : value();
  double step = first_step_;
  if (!whole_ && now != 0) step = std::pow(10, std::floor(std::log10(std::abs(now))) - 1);
  setValue(std::clamp(now + steps * step, std::max(low_, -kWidest), std::min(high_, kWidest)));
  selectAll();
}

void NumberBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus()) {
    QDoubleSpinBox::wheelEvent(event);
    Q_EMIT stepping_ended();
  } else {
    event->ignore();
  }
}

void NumberBox::keyReleaseEvent(QKeyEvent* event) {
  QDoubleSpinBox::keyReleaseEvent(event);
  const int key = event->key();
  const bool steps = key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp || key == Qt::Key_PageDown;
  if (steps && !event->isAutoRepeat()) Q_EMIT stepping_ended();
}

NumberEditor::NumberEditor(const ParamSpec& spec, QWidget* parent)
    : ParamEditor(parent), spec_(spec), whole_(spec.kind != ParamKind::Real), box_(new NumberBox(spec, this)) {
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit);
  const double span = spec.ui_max - spec.ui_min;
  if (spec.kind != ParamKind::Seed && std::isfinite(span) && span > 0) {
    logarithmic_ = spec.ui_min > 0 && spec.ui_max / spec.ui_min >= 64;
    slider_ = new QSlider(Qt::Horizontal, this);
    slider_->setRange(0, whole_ && !logarithmic_ ? static_cast<int>(std::min(span, 1e6)) : kSliderSteps);
    slider_->setAccessibleName(spaced(spec.name));
    slider_->setFocusPolicy(Qt::ClickFocus);
    slider_->setMinimumWidth(8 * Theme::kUnit);
    layout->addWidget(slider_, 1);
    connect(slider_, &QSlider::sliderPressed, this, &ParamEditor::gesture_ended);
    connect(slider_, &QSlider::sliderReleased, this, &ParamEditor::gesture_ended);
    connect(slider_, &QSlider::valueChanged, this, [this](int step) {
      const double number = at_slider(step);
      {
        const QSignalBlocker quiet(box_);
        box_->setValue(number);
      }
      Q_EMIT edited(to_value(number));
      if (!slider_->isSliderDown()) Q_EMIT gesture_ended();
    });
  }
  box_->setAccessibleName(spaced(spec.name));
  box_->setMinimumWidth(10 * Theme::kUnit);
  if (slider_ != nullptr) box_->setMaximumWidth(12 * Theme::kUnit);
  layout->addWidget(box_, slider_ == nullptr ? 1 : 0);
  if (!spec.unit.empty()) layout->addWidget(new Caption(Caption::Tone::Muted, to_qstring(spec.unit), this));
  if (spec.kind == ParamKind::Seed) {
    auto* dice = new QToolButton(this);
    dice->setIcon(Theme::instance().icon(QStringLiteral("dice")));
    dice->setToolTip(tr("Another seed"));
    dice->setAccessibleName(tr("Another seed"));
    connect(dice, &QToolButton::clicked, this, &NumberEditor::throw_dice);
    connect(&Theme::instance(), &Theme::changed, dice,
            [dice] { dice->setIcon(Theme::instance().icon(QStringLiteral("dice"))); });
    layout->addWidget(dice);
  }
  connect(box_, &QDoubleSpinBox::valueChanged, this, [this](double number) {
    if (slider_ != nullptr) {
      const QSignalBlocker quiet(slider_);
      slider_->setValue(slider_at(number));
    }
    Q_EMIT edited(to_value(number));
  });
  connect(box_, &QDoubleSpinBox::editingFinished, this, &ParamEditor::gesture_ended);
  connect(box_, &NumberBox::stepping_ended, this, &ParamEditor::gesture_ended);
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

void NumberEditor::throw_dice() {
  const auto top = static_cast<quint32>(std::clamp(spec_.ui_max, 1.0, 4294967294.0));
  const double number = QRandomGenerator::global()->bounded(top + 1);
  Q_EMIT gesture_ended();
  Q_EMIT edited(to_value(number));
  Q_EMIT gesture_ended();
}

void NumberEditor::show_number(double number) {
  const QSignalBlocker quiet_box(box_);
  if (box_->value() != number || !box_->hasFocus() || box_->text().isEmpty()) {
    box_->setValue(number);
    box_->findChild<QLineEdit*>()->setCursorPosition(0);
  }
  if (slider_ == nullptr || slider_->isSliderDown()) return;
  const QSignalBlocker quiet_slider(slider_);
  slider_->setValue(slider_at(number));
}

void NumberEditor::show_mixed() {
  const QSignalBlocker quiet(box_);
  box_->show_mixed();
}

void NumberEditor::show_value(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    show_number(static_cast<double>(*whole));
  } else if (const auto* real = std::get_if<double>(&value)) {
    show_number(*real);
  } else {
    const QSignalBlocker quiet(box_);
    box_->findChild<QLineEdit*>()->setText(to_qstring(to_text(value)));  // wrong kind: shown as it is
  }
}

}  // namespace feedline::gui
