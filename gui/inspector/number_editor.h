// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inspector/param_editor.h"

#include <QDoubleSpinBox>
#include <QSlider>

namespace feedline::gui {

/// A number as short as it can be written ("0.001", "1e-05"), integer or real. Any number can be typed, so that one out
/// of range can be answered with the reason; the arrows stay inside the hard range.
class NumberBox : public QDoubleSpinBox {
  Q_OBJECT

 public:
  explicit NumberBox(const ParamSpec& spec, QWidget* parent = nullptr);

  [[nodiscard]] QString textFromValue(double value) const override;
  [[nodiscard]] double valueFromText(const QString& text) const override;
  [[nodiscard]] QValidator::State validate(QString& input, int& pos) const override;
  void stepBy(int steps) override;
  /// No number, because several are edited together that differ. Whatever is typed then is a change.
  void show_mixed();

 Q_SIGNALS:
  void stepping_ended();  ///< an arrow key was let go, or the wheel turned by a notch

 protected:
  void keyReleaseEvent(QKeyEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;  ///< only with focus, so that scrolling a form changes nothing

 private:
  bool whole_;
  double low_;
  double high_;
  double first_step_;
  double fallback_ = 0;  ///< where stepping starts when no number is shown
};

/// Integer, real and seed: a NumberBox with its unit, a slider over the UI range where there is one, a dice for seeds.
class NumberEditor : public ParamEditor {
  Q_OBJECT

 public:
  NumberEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;

 private:
  [[nodiscard]] Value to_value(double number) const;
  [[nodiscard]] double at_slider(int step) const;
  [[nodiscard]] int slider_at(double number) const;
  void throw_dice();
  void show_number(double number);

  ParamSpec spec_;
  bool whole_;
  bool logarithmic_ = false;
  NumberBox* box_;
  QSlider* slider_ = nullptr;
};

}  // namespace feedline::gui
