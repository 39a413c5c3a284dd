// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/plain_numbers.h"

#include <QLocale>

#include <clocale>

namespace feedline::gui::inline base {

void use_plain_numbers() {
  QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom));
  std::setlocale(LC_NUMERIC, "C");
}

}  // namespace feedline::gui::inline base
