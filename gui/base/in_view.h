// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QEvent>
#include <QObject>
#include <QRect>
#include <QWidget>

#include <functional>
#include <utility>

namespace feedline::gui::inline base {

/// Could somebody see it? A docked panel behind the tab of another one is "visible" to Qt, which only moves it aside
/// and sends no QShowEvent when it comes back. (QWidget::visibleRegion() leaves out what a widget's own parts cover.)
[[nodiscard]] inline bool in_view(const QWidget& widget) {
  if (!widget.isVisible()) return false;
  QRect seen = widget.rect();
  for (const QWidget* at = &widget; !at->isWindow() && at->parentWidget() != nullptr; at = at->parentWidget())
    seen = seen.translated(at->pos()) & at->parentWidget()->rect();
  return !seen.isEmpty();
}

/// Tells each time that a widget is about to be painted, so somebody sees it: the moment to catch up with what was left
/// out meanwhile. What it calls must not paint at once.
class PaintNotifier : public QObject {
 public:
  PaintNotifier(QWidget* watched, std::function<void()> on_seen) : QObject(watched), on_seen_(std::move(on_seen)) {
    watched->installEventFilter(this);
  }
  bool eventFilter(QObject*, QEvent* event) override {
    if (event->type() == QEvent::Paint) on_seen_();
    return false;
  }

 private:
  std::function<void()> on_seen_;
};

}  // namespace feedline::gui::inline base
