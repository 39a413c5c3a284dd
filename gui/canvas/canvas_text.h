// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"

#include <QCoreApplication>
#include <QString>
#include <QtGlobal>

namespace feedline::gui::inline canvas {

/// A text of the canvas in the user's language, where no class with tr() is at hand.
[[nodiscard]] inline QString words(const char* text) { return QCoreApplication::translate("Canvas", text); }

/// The grid by which everything on the canvas is measured, in scene units.
inline constexpr qreal kUnit = Theme::kUnit;

}  // namespace feedline::gui::inline canvas
