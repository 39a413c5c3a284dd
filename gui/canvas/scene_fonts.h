// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QFontMetricsF>
#include <QHash>
#include <QString>

namespace feedline::gui::inline canvas {

/// A font with its measures. To find them takes longer than anything else of laying out a node, and thousands of nodes
/// write the same words: the widths of those are kept.
class MeasuredFont {
 public:
  explicit MeasuredFont(const QFont& font) : font_(font), metrics_(font), height_(metrics_.height()) {}

  [[nodiscard]] const QFont& font() const { return font_; }
  [[nodiscard]] const QFontMetricsF& metrics() const { return metrics_; }
  [[nodiscard]] qreal height() const { return height_; }
  /// Of a text that others write too.
  [[nodiscard]] qreal width(const QString& text) const;

 private:
  QFont font_;
  QFontMetricsF metrics_;
  qreal height_;
  mutable QHash<QString, qreal> widths_{};
};

/// The fonts that nodes are laid out in: see scene_small_font() and its fellows.
struct SceneFonts {
  MeasuredFont small;
  MeasuredFont bold;
  MeasuredFont half_small;
  MeasuredFont half_bold;
};
/// As the application's font and the theme are now. For the GUI thread.
[[nodiscard]] const SceneFonts& scene_fonts();

}  // namespace feedline::gui::inline canvas
