// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/exported_view.h"

#include <QToolButton>

class QAction;
class QMenu;

namespace feedline::gui::inline plots {

/// The small button in the corner of a panel: what can be done with what it shows. Every panel can copy and export it;
/// panels put their own actions before that.
class PanelMenu : public QToolButton {
  Q_OBJECT

 public:
  /// `exported view` is asked when something is exported.
  explicit PanelMenu(std::function<ExportedView()> exported, QWidget* parent = nullptr);

  QAction* add_action(const QString& text, const QString& keys = {}, bool checkable = false);
  QMenu* add_menu(const QString& text);
  [[nodiscard]] QMenu* entries() const { return menu_; }

 private:
  std::function<ExportedView()> exported_;
  QMenu* menu_;
  QAction* end_of_own_;  ///< a separator: the panel's own actions stand before it
};

}  // namespace feedline::gui::inline plots
