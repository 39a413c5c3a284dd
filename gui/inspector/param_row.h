// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inspector/caption.h"
#include "inspector/param_editor.h"

#include <QToolButton>
#include <QWidget>

namespace feedline::gui {

/// One parameter in a form: name, field, a button back to the default, what it means, and what is wrong with it.
class ParamRow : public QWidget {
  Q_OBJECT

 public:
  ParamRow(const ParamSpec& spec, QWidget* parent);

  [[nodiscard]] const ParamSpec& spec() const { return spec_; }
  [[nodiscard]] ParamEditor& editor() { return *editor_; }
  /// `set`: the document names the parameter (there is something to reset).
  void show_value(const Value& value, bool set);
  /// The nodes that are edited together differ here.
  void show_mixed();
  /// Empty: nothing is wrong.
  void show_error(const QString& text);
  [[nodiscard]] QString shown_error() const { return error_->text(); }

 Q_SIGNALS:
  void reset_requested();

 private:
  void restyle();

  ParamSpec spec_;
  ParamEditor* editor_;
  QToolButton* reset_;
  Caption* error_;
};

}  // namespace feedline::gui
