// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/inspector/param_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>

namespace feedline::gui::inline inspector {

class CheckEditor : public ParamEditor {
  Q_OBJECT

 public:
  CheckEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;

 private:
  QCheckBox* box_;
};

class ChoiceEditor : public ParamEditor {
  Q_OBJECT

 public:
  ChoiceEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;

 private:
  QComboBox* box_;
};

class TextEditor : public ParamEditor {
  Q_OBJECT

 public:
  TextEditor(const ParamSpec& spec, QWidget* parent);
  void show_value(const Value& value) override;
  void show_mixed() override;

 protected:
  QLineEdit* line_;
  QString placeholder_{};  ///< of a field that is empty but not mixed
};

/// A path: typed, chosen with a dialogue, or dropped from a file manager; a folder where one is wanted, else a file.
class PathEditor : public TextEditor {
  Q_OBJECT

 public:
  PathEditor(const ParamSpec& spec, QWidget* parent);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void browse();
  void take(const QString& path);
  [[nodiscard]] bool wants(const QString& path) const;

  bool folder_;
};

}  // namespace feedline::gui::inline inspector
