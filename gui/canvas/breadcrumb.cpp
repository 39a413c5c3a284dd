// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/breadcrumb.h"

#include "graph/path.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

#include <vector>

namespace feedline::gui::inline canvas {

Breadcrumb::Breadcrumb(QWidget* parent) : QFrame(parent), row_(new QHBoxLayout(this)) {
  row_->setContentsMargins(Theme::kUnit, Theme::kUnit / 2, Theme::kUnit, Theme::kUnit / 2);
  row_->setSpacing(Theme::kUnit / 2);
  setAccessibleName(tr("Where you are"));
  hide();
}

void Breadcrumb::show_scope(const std::string& scope) {
  while (QLayoutItem* item = row_->takeAt(0)) {
    if (QWidget* widget = item->widget()) {
      widget->hide();
      widget->deleteLater();  // it may be the button that was clicked
    }
    delete item;
  }
  std::vector<std::string> scopes = {scope};
  while (!scopes.back().empty()) scopes.emplace_back(scope_of(scopes.back()));
  for (auto at = scopes.rbegin(); at != scopes.rend(); ++at) {
    if (at != scopes.rbegin()) row_->addWidget(new QLabel(QStringLiteral("›"), this));
    auto* button = new QToolButton(this);
    button->setText(at->empty() ? tr("Graph") : to_qstring(std::string(leaf_of(*at))));
    button->setAutoRaise(true);
    button->setEnabled(*at != scope);
    button->setToolTip(*at == scope ? QString() : tr("Back to here (Alt+Up goes one step up)"));
    button->setAccessibleName(tr("Back to %1").arg(button->text()));
    connect(button, &QToolButton::clicked, this, [this, to = to_qstring(*at)] { Q_EMIT chosen(to); });
    row_->addWidget(button);
  }
  setVisible(!scope.empty());
  adjustSize();
  raise();
}

void Breadcrumb::paintEvent(QPaintEvent*) {
  const Theme::Colors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(c.node_border, 1));
  painter.setBrush(c.panel);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), Theme::kUnit / 2, Theme::kUnit / 2);
}

}  // namespace feedline::gui::inline canvas
