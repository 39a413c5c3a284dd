// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/caption.h"
#include "gui/inspector/param_editor.h"

#include <QHBoxLayout>
#include <QToolButton>
#include <QWidget>

namespace feedline::gui::inline inspector {

/// One parameter in a form: name, field, a button back to the default, what it means, and what is wrong with it.
class ParamRow : public QWidget {
  Q_OBJECT

 public:
  ParamRow(const ParamSpec& spec, QWidget* parent);

  [[nodiscard]] const ParamSpec& spec() const { return spec_; }
  [[nodiscard]] ParamEditor& editor() { return *editor_; }
  /// A button of its own beside the name.
  void add_tool(QWidget* tool);
  /// `set`: the document names the parameter (there is something to reset).
  void show_value(const Value& value, bool set);
  /// The nodes that are edited together differ here.
  void show_mixed();
  /// What is wrong with the value in the document; empty: nothing. What is wrong in the field comes before it.
  void show_error(const QString& text);
  [[nodiscard]] QString shown_error() const { return error_->text(); }

 Q_SIGNALS:
  void reset_requested();

 private:
  void restyle();
  void tell_error();

  ParamSpec spec_;
  ParamEditor* editor_;
  QHBoxLayout* head_;
  QToolButton* reset_;
  Caption* error_;
  QString problem_{};  ///< of the document's value
  QString fault_{};    ///< of what stands in the field
};

}  // namespace feedline::gui::inline inspector
