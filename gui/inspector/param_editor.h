// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/param_spec.h"

#include <QWidget>

#include <vector>

namespace feedline::gui::inline inspector {

/// The field for one parameter. It knows the parameter's spec and nothing of documents.
class ParamEditor : public QWidget {
  Q_OBJECT

 public:
  using QWidget::QWidget;
  /// Shows a value, also one of the wrong kind or out of range. Emits nothing.
  virtual void show_value(const Value& value) = 0;
  /// Says that the nodes that are edited together have different values. Emits nothing.
  virtual void show_mixed() = 0;
  /// Of a parameter that names columns: those that there are to choose from; none: they are not known. Comes before the
  /// value. Emits nothing.
  virtual void show_columns(const std::vector<Column>& /*columns*/) {}

 Q_SIGNALS:
  /// The user changes the value; many times in one gesture (a slider, a word being typed).
  void edited(const feedline::Value& value);
  /// What is typed is no value any more: what the gesture that is going on has changed is taken back.
  void withdrawn();
  /// What comes next is another gesture.
  void gesture_ended();
  /// Why what stands in the field is no value of the parameter; empty: it is one again.
  void fault_changed(const QString& fault);
};

/// The one place that decides which kind of parameter gets which field.
[[nodiscard]] ParamEditor* make_param_editor(const ParamSpec& spec, QWidget* parent);

}  // namespace feedline::gui::inline inspector
