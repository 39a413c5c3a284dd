// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/sentence.h"

#include "gui/models/text.h"

namespace feedline::gui::inline models {

QString sentence(const Error& error) {
  QString text = capitalised(to_qstring(error.reason));
  if (!error.remedy.empty())
    text += (text.endsWith(QLatin1Char('.')) ? QStringLiteral(" ") : QStringLiteral(". ")) + to_qstring(error.remedy);
  return text;
}

}  // namespace feedline::gui::inline models
