// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPointF>

class QPainter;
class QString;

namespace feedline::gui {

/// Below this zoom nothing on the canvas is written: it could not be read and costs most of the time.
inline constexpr qreal kTextZoom = 0.4;

[[nodiscard]] QColor faded(const QColor& color, double opacity);
/// `share` of b in a.
[[nodiscard]] QColor mixed(const QColor& a, const QColor& b, double share);
/// Black or white, whichever is easier to read on `background`.
[[nodiscard]] QColor readable_on(const QColor& background);
/// A word in a coloured capsule about `centre`, in the theme's small font.
void paint_pill(QPainter& painter, QPointF centre, const QString& text, const QColor& color);

}  // namespace feedline::gui
