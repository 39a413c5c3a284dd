// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/verdict_link.h"

namespace feedline::gui::inline app {

namespace {
constexpr int kMostLetters = 60;  ///< of the sentence, which stands in the tooltip as a whole
}

VerdictLink::VerdictLink(QWidget* parent) : QToolButton(parent) {
  setObjectName(QStringLiteral("verdict_link"));
  setAutoRaise(true);
  setCursor(Qt::PointingHandCursor);
  setAccessibleName(tr("What limits the run"));
  hide();
}

void VerdictLink::show_diagnosis(const std::optional<Diagnosis>& diagnosis) {
  const QString headline = diagnosis ? QString::fromStdString(diagnosis->verdict.headline) : QString();
  if (headline == headline_) return;
  headline_ = headline;
  tell();
}

void VerdictLink::set_subject(const QString& subject, bool elsewhere) {
  if (subject == subject_ && elsewhere == elsewhere_) return;
  subject_ = subject;
  elsewhere_ = elsewhere;
  tell();
}

void VerdictLink::tell() {
  setVisible(!headline_.isEmpty() && !elsewhere_);
  if (headline_.isEmpty()) return;
  // Up to the colon stands what it is: "Input-bound: 63 % of each step waits for a batch."
  QString brief = headline_.section(QLatin1Char(':'), 0, 0);
  if (brief.size() > kMostLetters) brief = brief.left(kMostLetters).section(QLatin1Char(' '), 0, -2) + QChar(0x2026);
  setText(brief);
  const QString about = subject_.isEmpty() ? QString() : QLatin1Char('\n') + subject_;
  setToolTip(tr("%1 Click for the diagnosis.").arg(headline_) + about);
}

}  // namespace feedline::gui::inline app
