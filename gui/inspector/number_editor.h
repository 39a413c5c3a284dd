// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/inspector/number_field.h"
#include "gui/inspector/param_editor.h"

#include <QSlider>

namespace feedline::gui::inline inspector {

/// Integer, real and seed: a NumberField with its unit, a slider over the UI range where there is one, a dice for
/// seeds.
class NumberEditor : public ParamEditor {
  Q_OBJECT

 public:
  NumberEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;

 private:
  void add_slider();
  void add_dice();
  [[nodiscard]] Value to_value(double number) const;
  [[nodiscard]] double at_slider(int step) const;
  [[nodiscard]] int slider_at(double number) const;
  void move_slider(double number);
  void throw_dice();

  ParamSpec spec_;
  bool whole_;
  bool logarithmic_ = false;
  NumberField* field_;
  QSlider* slider_ = nullptr;
};

}  // namespace feedline::gui::inline inspector
