// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"

#include <QPalette>
#include <QString>

namespace feedline::gui::inline base {

/// What Fusion needs to look like one designed thing with these colours.
[[nodiscard]] QPalette make_palette(const Theme::Colors& colors);
[[nodiscard]] QString make_style_sheet(const Theme::Colors& colors);

}  // namespace feedline::gui::inline base
