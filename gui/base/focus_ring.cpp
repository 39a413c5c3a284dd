// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/focus_ring.h"

#include "gui/base/theme.h"

#include <QFocusEvent>
#include <QGraphicsView>
#include <QPainter>
#include <QTabBar>

namespace feedline::gui::inline base {
namespace {

constexpr char kOwn[] = "feedline_own_focus_ring";
constexpr qreal kWidth = 2;
constexpr qreal kRound = 5;

/// A child of what it surrounds: it moves, scrolls and goes with it.
class Ring : public QWidget {
 public:
  explicit Ring(QWidget* around) : QWidget(around) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    setFocusPolicy(Qt::NoFocus);
    if (auto* tabs = qobject_cast<QTabBar*>(around)) connect(tabs, &QTabBar::currentChanged, this, &Ring::place);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    place();
    show();
    raise();
  }
  void place() {
    const auto* tabs = qobject_cast<QTabBar*>(parentWidget());
    const QRect all = parentWidget()->rect();
    setGeometry(tabs != nullptr && tabs->currentIndex() >= 0 ? tabs->tabRect(tabs->currentIndex()) & all : all);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Theme::Colors& c = Theme::instance().colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    // The inner line parts it from what is filled with the same colour.
    qreal inset = kWidth / 2;
    for (const auto& [color, width] : {std::pair(c.accent, kWidth), std::pair(c.panel, qreal(1))}) {
      painter.setPen(QPen(color, width));
      painter.drawRoundedRect(QRectF(rect()).adjusted(inset, inset, -inset, -inset), kRound, kRound);
      inset += (kWidth + 1) / 2;
    }
  }
};

bool keeps_its_place(Qt::FocusReason reason) {
  return reason == Qt::ActiveWindowFocusReason || reason == Qt::PopupFocusReason || reason == Qt::MenuBarFocusReason;
}

}  // namespace

void FocusRing::leave_out(QWidget* widget) { widget->setProperty(kOwn, true); }

void FocusRing::show_at(QWidget* widget) {
  if ((around_ == widget && ring_) || widget->window()->windowType() == Qt::Popup) return;
  hide();
  if (widget->isWindow() || qobject_cast<QGraphicsView*>(widget) != nullptr || widget->property(kOwn).toBool()) return;
  around_ = widget;
  ring_ = new Ring(widget);
}

void FocusRing::hide() {
  delete ring_.data();
  around_.clear();
}

bool FocusRing::eventFilter(QObject* watched, QEvent* event) {
  switch (event->type()) {
    case QEvent::KeyPress:
      by_keys_ = true;
      break;
    case QEvent::MouseButtonPress:
      by_keys_ = false;
      hide();
      break;
    case QEvent::FocusIn:
      if (by_keys_ && watched->isWidgetType()) show_at(static_cast<QWidget*>(watched));
      break;
    case QEvent::FocusOut:
      if (watched == around_ && !keeps_its_place(static_cast<QFocusEvent*>(event)->reason())) hide();
      break;
    case QEvent::Resize:
    case QEvent::LayoutRequest:
      if (watched == around_ && ring_) static_cast<Ring*>(ring_.data())->place();
      break;
    default:
      break;
  }
  return false;
}

}  // namespace feedline::gui::inline base
