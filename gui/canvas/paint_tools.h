// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QPointF>
#include <QRectF>
#include <QStringList>

#include <vector>

class QFontMetricsF;
class QPainter;

namespace feedline::gui::inline canvas {

/// Below this zoom the small print on the canvas could not be read: nodes show their names, ports, rate and one
/// parameter in larger letters.
[[nodiscard]] qreal text_zoom();
/// Below this zoom, half size, there is room for their names and rates alone.
[[nodiscard]] qreal half_zoom();
/// Below this zoom nothing is written: nodes are too small for a word, and writing costs most of the time.
inline constexpr qreal kTitleZoom = 0.2;

/// Writing in the scene. Its size is a matter of zoom: the size of writing that the user has chosen for the window
/// makes no node larger, or graphs that somebody else laid out would overlap. It sets the zoom at which a graph is
/// shown first, and how large titles are from afar.
[[nodiscard]] QFont scene_small_font();
[[nodiscard]] QFont scene_bold_font();
/// The same for what is read at half size. Nodes are laid out so that it fits.
[[nodiscard]] QFont half_small_font();
[[nodiscard]] QFont half_bold_font();

/// The lines of a name in so much width: they end after "_", "-" and spaces, and within a word only where it is wider
/// alone.
[[nodiscard]] QStringList lines_of(const QString& name, const QFontMetricsF& metrics, qreal width);

/// The width of the longest piece that lines_of() breaks only where it must.
[[nodiscard]] qreal widest_part(const QString& name, const QFontMetricsF& metrics);

/// A font that is `pixels` high on the screen at this zoom, as large as the user likes writing, and bold if asked.
[[nodiscard]] QFont screen_font(qreal pixels, qreal zoom, bool bold);

[[nodiscard]] QColor faded(const QColor& color, double opacity);
/// `share` of b in a.
[[nodiscard]] QColor mixed(const QColor& a, const QColor& b, double share);
/// Black or white, whichever is easier to read on `background`.
[[nodiscard]] QColor readable_on(const QColor& background);
/// Height on the screen, in pixels, of a rate that is written from afar.
inline constexpr qreal kFarRate = 10;
/// Lines in the painter's font, from this top left corner downwards.
void draw_lines(QPainter& painter, QPointF at, const QStringList& lines);
/// One line; what has no room gives way to "…".
void draw_elided(QPainter& painter, const QRectF& rect, int flags, const QString& text, Qt::TextElideMode mode);
/// A word in a coloured capsule about `centre`, in the theme's small font.
void paint_pill(QPainter& painter, QPointF centre, const QString& text, const QColor& color);
struct Pill {
  QString text{};
  QColor color{};
};
/// Some of them side by side about `centre`; those that do not fit into a row of `most` stand in rows above it.
void paint_pills(QPainter& painter, QPointF centre, qreal most, const std::vector<Pill>& pills,
                 QFont font = scene_small_font());

}  // namespace feedline::gui::inline canvas
