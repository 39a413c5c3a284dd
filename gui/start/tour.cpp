// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/tour.h"

#include "gui/base/caption.h"
#include "gui/base/focus_ring.h"
#include "gui/base/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline start {

namespace {

constexpr int kCardWidth = 44 * Theme::kUnit;
constexpr int kAway = 2 * Theme::kUnit;  ///< between the light and the card

}  // namespace

Tour::Tour(QList<TourStop> stops, QWidget* window)
    : QWidget(window), stops_(std::move(stops)), card_(new QWidget(this)) {
  setObjectName(QStringLiteral("tour"));
  setAccessibleName(tr("Tour"));
  setFocusPolicy(Qt::StrongFocus);
  FocusRing::leave_out(this);  // it covers the window
  build_card();
  window->installEventFilter(this);
  setGeometry(window->rect());
  connect(&Theme::instance(), &Theme::changed, this, &Tour::style);
  style();
  show();
  raise();
  go_to(0);
}

void Tour::build_card() {
  card_->setObjectName(QStringLiteral("tour_card"));
  card_->setAttribute(Qt::WA_StyledBackground);
  card_->setFixedWidth(kCardWidth);
  auto* layout = new QVBoxLayout(card_);
  layout->setContentsMargins(2 * Theme::kUnit, 2 * Theme::kUnit, 2 * Theme::kUnit, 3 * Theme::kUnit / 2);
  layout->setSpacing(Theme::kUnit);
  layout->addWidget(title_ = new Caption(Caption::Tone::Title, {}, card_));
  layout->addWidget(text_ = new Caption(Caption::Tone::Normal, {}, card_));
  auto* row = new QHBoxLayout;
  row->addWidget(number_ = new Caption(Caption::Tone::Muted, {}, card_), 1);
  const auto button = [&](const QString& text, const char* name, void (Tour::*act)()) {
    auto* made = new QPushButton(text, card_);
    made->setObjectName(QLatin1String(name));
    row->addWidget(made);
    connect(made, &QPushButton::clicked, this, act);
    return made;
  };
  skip_ = button(tr("&Skip"), "tour_skip", &Tour::finish);
  back_ = button(tr("&Back"), "tour_back", &Tour::back);
  next_ = button(tr("&Next"), "tour_next", &Tour::next);
  next_->setDefault(true);
  layout->addLayout(row);
}

void Tour::style() {
  const Theme::Colors& c = Theme::instance().colors();
  card_->setStyleSheet(QStringLiteral("QWidget#tour_card { background: %1; border: 1px solid %2; border-radius: 10px; }"
                                      "QPushButton#tour_next { background: %3; color: %4; border-color: %3; }")
                           .arg(c.raised.name(), c.border.name(), c.accent.name(), c.accent_text.name()));
  update();
}

void Tour::go_to(int stop) {
  if (stop == at_ || stop < 0) return;
  if (at_ >= 0 && stops_[at_].target) stops_[at_].target->removeEventFilter(this);
  at_ = stop;
  const TourStop& now = stops_[stop];
  if (now.prepare) now.prepare();
  raise();  // above a panel that was brought into view
  if (now.target) now.target->installEventFilter(this);
  title_->setText(now.title);
  text_->setText(now.text);
  number_->setText(tr("%1 of %2").arg(stop + 1).arg(count()));
  setAccessibleDescription(now.title + QStringLiteral(". ") + now.text);
  back_->setEnabled(stop > 0);
  next_->setText(stop + 1 < count() ? tr("&Next") : tr("&Done"));
  place_card();
  setFocus();
}

void Tour::next() { at_ + 1 < count() ? go_to(at_ + 1) : finish(); }

void Tour::back() { go_to(at_ - 1); }

void Tour::finish() {
  if (isHidden()) return;
  parentWidget()->removeEventFilter(this);
  hide();
  Q_EMIT finished();
  deleteLater();
}

QRect Tour::spot() const {
  const QWidget* target = at_ < 0 ? nullptr : stops_[at_].target.data();
  if (target == nullptr || !target->isVisible()) return {};
  const QRect place(target->mapTo(parentWidget(), QPoint()), target->size());
  return place.adjusted(-4, -4, 4, 4).intersected(rect());
}

/// Where there is room beside the light: right, left, below, above; else in the middle of it.
void Tour::place_card() {
  // Words wrap: their height follows from the width of the card.
  const int height = card_->layout()->totalHeightForWidth(kCardWidth);
  card_->resize(kCardWidth, height);
  const QRect light = spot();
  const QPoint middle = light.isEmpty() ? rect().center() : light.center();
  const QPoint centred(middle.x() - kCardWidth / 2, middle.y() - height / 2);
  const QPoint places[] = {{light.right() + kAway, centred.y()},
                           {light.left() - kAway - kCardWidth, centred.y()},
                           {centred.x(), light.bottom() + kAway},
                           {centred.x(), light.top() - kAway - height},
                           centred};
  const QRect room = rect().adjusted(Theme::kUnit, Theme::kUnit, -Theme::kUnit, -Theme::kUnit);
  QPoint chosen = centred;
  for (QPoint place : places) {
    place.setX(std::clamp(place.x(), room.left(), std::max(room.left(), room.right() - kCardWidth)));
    place.setY(std::clamp(place.y(), room.top(), std::max(room.top(), room.bottom() - height)));
    chosen = place;
    if (light.isEmpty() || !light.intersects({place, QSize(kCardWidth, height)})) break;
  }
  card_->move(chosen);
  update();
}

bool Tour::eventFilter(QObject* watched, QEvent* event) {
  const bool moved = event->type() == QEvent::Resize || event->type() == QEvent::Move ||
                     event->type() == QEvent::Show || event->type() == QEvent::LayoutRequest;
  if (moved) {
    if (watched == parentWidget()) setGeometry(parentWidget()->rect());
    place_card();
  }
  return QWidget::eventFilter(watched, event);
}

void Tour::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QPainterPath dim;
  dim.addRect(rect());
  const QRect light = spot();
  if (!light.isEmpty()) dim.addRoundedRect(light, Theme::kUnit, Theme::kUnit);
  dim.setFillRule(Qt::OddEvenFill);
  painter.fillPath(dim, QColor(0, 0, 0, 150));
  if (light.isEmpty()) return;
  painter.setPen(QPen(Theme::instance().colors().accent, 3));
  painter.drawRoundedRect(light, Theme::kUnit, Theme::kUnit);
}

void Tour::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Right:
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
      return next();
    case Qt::Key_Left:
      return back();
    case Qt::Key_Escape:
      return finish();
    default:
      QWidget::keyPressEvent(event);
  }
}

void Tour::mousePressEvent(QMouseEvent* event) { event->accept(); }

/// Tab stays on the card.
bool Tour::focusNextPrevChild(bool next) {
  QList<QWidget*> ring{this};
  for (QPushButton* button : {skip_, back_, next_})
    if (button->isEnabled()) ring << button;
  const auto now = std::max<qsizetype>(0, ring.indexOf(window()->focusWidget()));
  ring[(now + (next ? 1 : ring.size() - 1)) % ring.size()]->setFocus(next ? Qt::TabFocusReason
                                                                          : Qt::BacktabFocusReason);
  return true;
}

}  // namespace feedline::gui::inline start
