// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/panel_menu.h"

#include <QMenu>

#include <utility>

namespace feedline::gui::inline plots {

PanelMenu::PanelMenu(std::function<ExportedView()> exported, QWidget* parent)
    : QToolButton(parent), exported_(std::move(exported)), menu_(new QMenu(this)) {
  setObjectName(QStringLiteral("panel_menu"));
  setText(QStringLiteral("⋯"));
  setAutoRaise(true);
  setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
  setPopupMode(QToolButton::InstantPopup);
  setMenu(menu_);
  setToolTip(tr("Follow, freeze, export…"));
  setAccessibleName(tr("Panel menu"));
  setFocusPolicy(Qt::TabFocus);
  end_of_own_ = menu_->addSeparator();
  connect(menu_->addAction(tr("&Copy as picture")), &QAction::triggered, this, [this] { copy_view(exported_()); });
  for (const ExportFormat format : {ExportFormat::Png, ExportFormat::Svg, ExportFormat::Pdf, ExportFormat::Csv}) {
    QAction* action = menu_->addAction(tr("Export as %1…").arg(suffix_of(format).toUpper()));
    connect(action, &QAction::triggered, this, [this, format] { save_view_as(exported_(), format, window()); });
  }
}

QAction* PanelMenu::add_action(const QString& text, const QString& keys, bool checkable) {
  // The keys are the panel's own (it takes them while it has the focus); here they are only told.
  auto* action = new QAction(keys.isEmpty() ? text : text + QLatin1Char('\t') + keys, this);
  action->setCheckable(checkable);
  menu_->insertAction(end_of_own_, action);
  return action;
}

QMenu* PanelMenu::add_menu(const QString& text) {
  auto* menu = new QMenu(text, this);
  menu_->insertMenu(end_of_own_, menu);
  return menu;
}

}  // namespace feedline::gui::inline plots
