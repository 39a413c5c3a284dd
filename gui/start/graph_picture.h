// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QPixmap>
#include <QSize>

namespace feedline::gui::inline start {

/// The graph as the canvas draws it, all of it, in the middle of a picture of this size (in points; `ratio` pixels
/// each).
[[nodiscard]] QPixmap graph_picture(const Document& document, QSize size, qreal ratio);

}  // namespace feedline::gui::inline start
