// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/palette_model.h"

#include <QLineEdit>
#include <QTreeView>
#include <QWidget>

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline inspector {

/// All node types by heading, with a search field. Drag one to the canvas, or double-click, or press Enter.
class PalettePanel : public QWidget {
  Q_OBJECT

 public:
  explicit PalettePanel(QWidget* parent = nullptr);
  /// The cursor goes into the search field.
  void focus_search();

 Q_SIGNALS:
  void add_requested(const QString& type);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void search(const QString& pattern);
  void request(const QModelIndex& index);
  void show_summary();

  PaletteModel model_{};
  PaletteFilter filter_{model_};
  QLineEdit* line_;
  QTreeView* tree_;
  Caption* summary_;
};

}  // namespace feedline::gui::inline inspector
