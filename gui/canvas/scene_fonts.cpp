// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/scene_fonts.h"

#include "gui/base/theme.h"

#include <QApplication>

#include <algorithm>
#include <optional>

namespace feedline::gui::inline canvas {
namespace {

constexpr qsizetype kMostWidths = 10'000;

QFont scaled(QFont font, double factor) {
  if (font.pointSizeF() > 0) {
    font.setPointSizeF(font.pointSizeF() * factor);
  } else {
    font.setPixelSize(std::max(1, static_cast<int>(font.pixelSize() * factor)));
  }
  return font;
}

SceneFonts make_fonts() {
  const double scale = Theme::instance().font_scale();
  const QFont small = scaled(Theme::instance().small_font(), 1 / scale);
  const QFont bold = scaled(Theme::instance().bold_font(), 1 / scale);
  return {MeasuredFont(small), MeasuredFont(bold), MeasuredFont(scaled(small, 4.0 / 3)),
          MeasuredFont(scaled(bold, 1.5))};
}

/// Goes with the theme, that is before the application does: fonts must not outlive it.
class KeptFonts : public QObject {
 public:
  KeptFonts() : QObject(&Theme::instance()) {}
  QFont application{};
  double scale = 0;
  std::optional<SceneFonts> fonts{};
};

}  // namespace

qreal MeasuredFont::width(const QString& text) const {
  const auto known = widths_.constFind(text);
  if (known != widths_.constEnd()) return *known;
  if (widths_.size() >= kMostWidths) widths_.clear();
  return *widths_.insert(text, metrics_.horizontalAdvance(text));
}

const SceneFonts& scene_fonts() {
  static auto* const kept = new KeptFonts;
  const QFont application = QApplication::font();
  const double scale = Theme::instance().font_scale();
  if (!kept->fonts || kept->scale != scale || kept->application != application) {
    kept->application = application;
    kept->scale = scale;
    kept->fonts.emplace(make_fonts());
  }
  return *kept->fonts;
}

}  // namespace feedline::gui::inline canvas
