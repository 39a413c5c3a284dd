// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QListWidget;
class QSlider;

namespace feedline::gui::inline base {
class Docks;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline looks {

/// How the window looks and starts, and what runs leave behind. Every change takes effect at once and is kept.
class SettingsDialog : public QDialog {
  Q_OBJECT

 public:
  /// `docks`: whose panels presenter mode may keep.
  explicit SettingsDialog(const Docks& docks, QWidget* parent = nullptr);

 Q_SIGNALS:
  void presenter_changed();

 private:
  [[nodiscard]] QWidget* make_looks();
  [[nodiscard]] QWidget* make_presenter(const Docks& docks);
  [[nodiscard]] QWidget* make_runs();
  [[nodiscard]] QWidget* make_tensorboard();
  [[nodiscard]] QWidget* make_start();
  [[nodiscard]] QWidget* make_scale(const QString& name, double least, double most, double now,
                                    void (*apply)(double scale));
};

}  // namespace feedline::gui::inline looks
