// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/reason_bubble.h"

#include "gui/base/theme.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/text.h"

#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr int kShownFor = 6000;  // ms
constexpr int kWidth = 42 * Theme::kUnit;
constexpr int kStripe = 5;

QString sentence(const std::string& text) {
  QString words = capitalised(to_qstring(text));
  if (!words.isEmpty() && words.back().isLetterOrNumber()) words += QLatin1Char('.');
  return words;
}

}  // namespace

ReasonBubble::ReasonBubble(QWidget* parent) : QFrame(parent) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFocusPolicy(Qt::NoFocus);
  setAccessibleName(tr("Why the wire is refused"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(kStripe + 12, 10, 14, 10);
  layout->setSpacing(4);
  for (QLabel* label : {&reason_, &remedy_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    layout->addWidget(label);
  }
  timer_.setSingleShot(true);
  connect(&timer_, &QTimer::timeout, this, &QWidget::hide);
  connect(&Theme::instance(), &Theme::changed, this, &ReasonBubble::restyle);
  restyle();
  hide();
}

void ReasonBubble::restyle() {
  const Theme::Colors& c = Theme::instance().colors();
  reason_.setFont(Theme::instance().bold_font());
  reason_.setStyleSheet(QStringLiteral("color: %1; background: transparent").arg(c.text.name()));
  remedy_.setStyleSheet(QStringLiteral("color: %1; background: transparent").arg(c.muted.name()));
}

void ReasonBubble::show_reason(const Error& error, QPoint pos, bool keep) {
  reason_.setText(sentence(error.reason));
  remedy_.setText(sentence(error.remedy));
  remedy_.setVisible(!error.remedy.empty());
  set_offers({});
  place(pos);
  if (keep) {
    timer_.stop();
  } else {
    timer_.start(kShownFor);
  }
}

void ReasonBubble::show_offers(const Error& error, QPoint pos, const QStringList& offers) {
  reason_.setText(sentence(error.reason));
  remedy_.setText(sentence(error.remedy));
  remedy_.setVisible(!error.remedy.empty());
  set_offers(offers);
  place(pos);
  timer_.stop();
}

void ReasonBubble::set_offers(const QStringList& offers) {
  for (QPushButton* button : buttons_) {
    button->hide();
    button->deleteLater();  // it may be the one that was clicked
  }
  buttons_.clear();
  for (int i = 0; i < offers.size(); ++i) {
    auto* button = new QPushButton(offers[i], this);
    button->setFocusPolicy(Qt::NoFocus);
    connect(button, &QPushButton::clicked, this, [this, i] { Q_EMIT chosen(i); });
    layout()->addWidget(button);
    button->show();
    buttons_.push_back(button);
  }
  setAttribute(Qt::WA_TransparentForMouseEvents, offers.isEmpty());
}

void ReasonBubble::place(QPoint pos) {
  setFixedWidth(std::min(kWidth, parentWidget()->width() - 2 * Theme::kUnit));
  layout()->activate();
  resize(width(), layout()->heightForWidth(width()));
  QPoint place = pos + QPoint(20, 20);
  if (place.y() + height() > parentWidget()->height()) place.setY(pos.y() - height() - 12);
  place.setX(std::clamp(place.x(), 4, std::max(4, parentWidget()->width() - width() - 4)));
  move(place.x(), std::max(4, place.y()));
  raise();
  show();
}

QString ReasonBubble::text() const {
  return remedy_.isHidden() ? reason_.text() : reason_.text() + QLatin1Char(' ') + remedy_.text();
}

void ReasonBubble::paintEvent(QPaintEvent*) {
  const Theme::Colors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QPainterPath shape;
  shape.addRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
  painter.fillPath(shape, c.raised);
  painter.save();
  painter.setClipPath(shape);
  painter.fillRect(QRectF(0, 0, kStripe, height()), c.error);
  painter.restore();
  painter.setPen(QPen(mixed(c.border, c.error, 0.6), 1));
  painter.drawPath(shape);
}

}  // namespace feedline::gui::inline canvas
