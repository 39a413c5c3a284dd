// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/notice_bar.h"

#include "gui/base/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace feedline::gui::inline workspace {

NoticeBar::NoticeBar(QWidget* parent) : QWidget(parent), layout_(new QVBoxLayout(this)) {
  layout_->setContentsMargins(0, 0, 0, 0);
  layout_->setSpacing(0);
  connect(&Theme::instance(), &Theme::changed, this, &NoticeBar::style);
  style();
  hide();
}

QFrame* NoticeBar::line(const QString& matter) const { return findChild<QFrame*>(matter, Qt::FindDirectChildrenOnly); }

QString NoticeBar::text(const QString& matter) const {
  const QFrame* found = line(matter);
  return found == nullptr ? QString() : found->findChild<QLabel*>()->text();
}

void NoticeBar::tell(const QString& matter, const QString& text, const QList<Answer>& answers) {
  take_back(matter);
  auto* made = new QFrame(this);
  made->setObjectName(matter);
  made->setAccessibleName(text);
  auto* row = new QHBoxLayout(made);
  row->setContentsMargins(12, Theme::kUnit / 2, Theme::kUnit, Theme::kUnit / 2);
  row->setSpacing(Theme::kUnit);
  auto* words = new QLabel(text, made);
  words->setWordWrap(true);
  row->addWidget(words, 1);
  for (const Answer& answer : answers) {
    auto* button = new QPushButton(answer.text, made);
    button->setAutoDefault(false);
    row->addWidget(button);
    connect(button, &QPushButton::clicked, this, [this, matter, act = answer.act] {
      take_back(matter);
      act();
    });
  }
  auto* cross = new QToolButton(made);
  cross->setAutoRaise(true);
  cross->setObjectName(QStringLiteral("dismiss"));
  cross->setToolTip(tr("Leave it as it is"));
  cross->setAccessibleName(cross->toolTip());
  cross->setIcon(Theme::instance().icon(QStringLiteral("close")));
  row->addWidget(cross);
  connect(cross, &QToolButton::clicked, this, [this, matter] { take_back(matter); });
  layout_->addWidget(made);
  made->show();
  show();
}

void NoticeBar::take_back(const QString& matter) {
  QFrame* gone = line(matter);
  if (gone == nullptr) return;
  gone->setObjectName({});
  layout_->removeWidget(gone);
  gone->hide();
  gone->deleteLater();  // a button of it may be the sender
  setVisible(layout_->count() > 0);
}

void NoticeBar::style() {
  const Theme::Colors& c = Theme::instance().colors();
  QColor ground = c.warning;
  ground.setAlpha(40);
  setStyleSheet(QStringLiteral("NoticeBar > QFrame { background: %1; border-bottom: 1px solid %2; } "
                               "feedline--gui--NoticeBar > QFrame { background: %1; border-bottom: 1px solid %2; }")
                    .arg(ground.name(QColor::HexArgb), c.border.name()));
  for (auto* cross : findChildren<QToolButton*>()) cross->setIcon(Theme::instance().icon(QStringLiteral("close")));
}

}  // namespace feedline::gui::inline workspace
