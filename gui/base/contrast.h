// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

namespace feedline::gui::inline base {

/// How far two opaque colours are apart, from 1 (the same) to 21 (black and white): the contrast ratio of WCAG 2.1.
/// Writing needs 4.5, large writing and lines that mean something 3.
[[nodiscard]] double contrast_ratio(const QColor& a, const QColor& b);

}  // namespace feedline::gui::inline base
