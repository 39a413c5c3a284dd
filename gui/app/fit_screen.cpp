// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/fit_screen.h"

#include "gui/base/theme.h"

#include <QEvent>
#include <QScreen>
#include <QWidget>

namespace feedline::gui::inline app {
namespace {

constexpr int kTitleBar = 5 * Theme::kUnit;
constexpr int kFrame = Theme::kUnit / 2;

}  // namespace

QRect usable_screen(const QWidget& widget) {
  return widget.screen()->availableGeometry().adjusted(kFrame, kTitleBar, -kFrame, -kFrame);
}

bool FitScreen::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::Show || event->spontaneous() || !watched->isWidgetType()) return false;
  auto& window = static_cast<QWidget&>(*watched);
  const bool ours = window.windowType() == Qt::Dialog || window.windowType() == Qt::Window;
  if (!window.isWindow() || !ours || window.parentWidget() == nullptr) return false;
  if (window.isMaximized() || window.isFullScreen()) return false;
  const QSize fitting = window.size().boundedTo(usable_screen(window).size());
  if (fitting != window.size()) window.resize(fitting);
  return false;
}

}  // namespace feedline::gui::inline app
