// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/run_overlay.h"

#include "gui/base/theme.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

namespace feedline::gui::inline app {

RunOverlay::RunOverlay(QWidget* panel) : QWidget(panel), words_(new QLabel(this)) {
  setObjectName(QStringLiteral("ground"));
  setAttribute(Qt::WA_StyledBackground);
  setAutoFillBackground(true);
  words_->setAlignment(Qt::AlignCenter);
  words_->setWordWrap(true);
  words_->setTextFormat(Qt::RichText);
  words_->setMargin(2 * Theme::kUnit);
  words_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  connect(words_, &QLabel::linkActivated, this, &RunOverlay::show_wanted);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(words_);
  panel->installEventFilter(this);
  hide();
}

void RunOverlay::cover(const QString& run) {
  QString text = tr("This graph has not run yet.");
  if (!run.isEmpty())
    text +=
        QStringLiteral("<br>") + tr("<a href=\"run\">Show %1</a>, which is in another tab.").arg(run.toHtmlEscaped());
  words_->setText(text);
  setGeometry(parentWidget()->rect());
  show();
  raise();
}

QString RunOverlay::text() const { return isHidden() ? QString() : words_->text(); }

bool RunOverlay::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
  if (event->type() == QEvent::ChildAdded && !isHidden()) raise();
  return QWidget::eventFilter(watched, event);
}

}  // namespace feedline::gui::inline app
