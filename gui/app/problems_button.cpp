// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/problems_button.h"

#include "gui/base/theme.h"

namespace feedline::gui::inline app {

ProblemsButton::ProblemsButton(QWidget* parent) : QToolButton(parent) {
  setAutoRaise(true);
  setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  setToolTip(tr("Show the problems of this graph"));
  connect(&Theme::instance(), &Theme::changed, this, &ProblemsButton::restyle);
}

void ProblemsButton::show_state(bool blank, int problems, int errors) {
  if (blank) {
    icon_ = QStringLiteral("info");
    setText(tr("Empty graph"));
  } else if (errors > 0) {
    icon_ = QStringLiteral("error");
    setText(tr("Errors: %1").arg(errors));
  } else if (problems > 0) {
    icon_ = QStringLiteral("warning");
    setText(tr("Warnings: %1").arg(problems));
  } else {
    icon_ = QStringLiteral("check");
    setText(tr("No problems"));
  }
  restyle();
}

void ProblemsButton::restyle() { setIcon(Theme::instance().icon(icon_)); }

}  // namespace feedline::gui::inline app
