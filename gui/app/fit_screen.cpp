// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/fit_screen.h"

#include "gui/base/theme.h"

#include <QEvent>
#include <QScreen>
#include <QWidget>

#include <algorithm>

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
  const QRect room = usable_screen(window);
  const QSize fitting = window.size().boundedTo(room.size());
  if (fitting == window.size()) return false;
  window.resize(fitting);
  // Centred on the window behind it, what is as high as the screen would lose its title.
  window.move(std::clamp(window.x(), room.left(), std::max(room.left(), room.right() - fitting.width())),
              window.screen()->availableGeometry().top());
  return false;
}

}  // namespace feedline::gui::inline app
