// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/history_panel.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"

#include <QUndoGroup>
#include <QUndoView>
#include <QVBoxLayout>

namespace feedline::gui::inline app {

HistoryPanel::HistoryPanel(QUndoGroup& group, QWidget* parent) : QWidget(parent), list_(new QUndoView(&group, this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(Theme::kUnit / 2, Theme::kUnit / 2, Theme::kUnit / 2, Theme::kUnit);
  layout->setSpacing(Theme::kUnit / 2);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setEmptyLabel(tr("As opened"));
  list_->setAccessibleName(tr("History"));
  list_->setTextElideMode(Qt::ElideMiddle);
  layout->addWidget(list_, 1);
  auto* hint = new Caption(Caption::Tone::Muted, tr("Click a step to go there. Steps below it can be redone."), this);
  hint->setContentsMargins(Theme::kUnit / 2, 0, Theme::kUnit / 2, 0);
  layout->addWidget(hint);
  const auto style = [this] { list_->setCleanIcon(Theme::instance().icon(QStringLiteral("save"))); };
  style();
  connect(&Theme::instance(), &Theme::changed, this, style);
}

}  // namespace feedline::gui::inline app
