// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/theme.h"

#include "gui/base/style_sheet.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QPainter>
#include <QPointer>
#include <QStyleHints>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline base {

namespace {

// Hues of workers, curves and kinds follow Okabe and Ito, "Color universal design" (2008), darkened on the light theme
// and lightened on the dark one until they are legible as lines: WCAG's 3:1 to a panel, and 4.5:1 for what is written,
// also on a chip of its own colour. tests/gui/test_contrast.cpp measures it.
Theme::Colors light_colors() {
  Theme::Colors c;
  c.window = "#eef0f3", c.panel = "#fbfcfd", c.raised = "#ffffff", c.border = "#d3d8df";
  c.text = "#1a1f26", c.muted = "#576170", c.disabled = "#a3abb6";
  c.accent = "#0b5cad", c.accent_text = "#ffffff";
  c.canvas = "#f5f6f8", c.grid = "#e3e7ec", c.node = "#ffffff", c.node_border = "#bcc4ce", c.wire = "#8792a1";
  c.busy = "#009e73", c.starved = "#3698d2", c.blocked = "#c48200", c.idle = "#d5dae1";
  c.good = "#007353", c.warning = "#925600", c.error = "#bb2d1b";
  c.train = "#0072b2", c.validation = "#d55e00";
  return c;
}

Theme::Colors dark_colors() {
  Theme::Colors c;
  c.window = "#14171c", c.panel = "#1b1f26", c.raised = "#262b34", c.border = "#333a45";
  c.text = "#e8ebef", c.muted = "#a0aab8", c.disabled = "#5d6775";
  c.accent = "#4f9df0", c.accent_text = "#0b1118";
  c.canvas = "#12151a", c.grid = "#1d2229", c.node = "#242a33", c.node_border = "#434c5a", c.wire = "#7b8798";
  c.busy = "#1fbf90", c.starved = "#68bff2", c.blocked = "#f0b232", c.idle = "#363e4a";
  c.good = "#35c999", c.warning = "#f0b232", c.error = "#ff7a68";
  c.train = "#58b1f0", c.validation = "#ff9354";
  return c;
}

/// The SVG at `pixels` by `pixels` with its strokes in `color`; null without the plugin.
QPixmap render(const QByteArray& svg, int pixels, const QColor& color) {
  QByteArray text = svg;
  text.replace("currentColor", color.name().toLatin1());
  const QByteArray size = QByteArray::number(pixels);
  text.replace("width=\"24\" height=\"24\" viewBox", "width=\"" + size + "\" height=\"" + size + "\" viewBox");
  QPixmap pixmap;
  pixmap.loadFromData(text, "svg");
  return pixmap;
}

QPixmap initial(const QString& name, int pixels, const QColor& color) {
  QPixmap pixmap(pixels, pixels);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(color, pixels / 14.0));
  painter.drawRoundedRect(QRectF(0, 0, pixels, pixels).adjusted(2, 2, -2, -2), pixels / 6.0, pixels / 6.0);
  QFont font = QApplication::font();
  font.setPixelSize(std::max(6, pixels * 55 / 100));
  painter.setFont(font);
  painter.drawText(pixmap.rect(), Qt::AlignCenter, name.left(1).toUpper());
  return pixmap;
}

QFont scaled_font(double factor) {
  QFont font = QApplication::font();
  if (font.pointSizeF() > 0) {
    font.setPointSizeF(std::max(7.5, font.pointSizeF() * factor));
  } else {
    font.setPixelSize(std::max(10, static_cast<int>(font.pixelSize() * factor)));
  }
  return font;
}

}  // namespace

Theme& Theme::instance() {
  static QPointer<Theme> theme;
  if (theme.isNull()) theme = new Theme(qApp);
  return *theme;
}

Theme::Theme(QObject* parent) : QObject(parent), platform_font_(QApplication::font()) {
  system_dark_ = QApplication::palette().color(QPalette::Window).lightness() < 128;
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
  connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this] {
    if (mode_ == Mode::System) set_mode(Mode::System);
  });
#endif
  choose();
}

void Theme::choose() {
  bool system = system_dark_;
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
  const Qt::ColorScheme scheme = QGuiApplication::styleHints()->colorScheme();
  if (scheme != Qt::ColorScheme::Unknown) system = scheme == Qt::ColorScheme::Dark;
#endif
  dark_ = mode_ == Mode::System ? system : mode_ == Mode::Dark;
  colors_ = dark_ ? dark_colors() : light_colors();
  icons_.clear();
}

void Theme::set_reduced_motion(bool on) {
  if (on == reduced_motion_) return;
  reduced_motion_ = on;
  Q_EMIT changed();
}

void Theme::set_mode(Mode mode) {
  mode_ = mode;
  choose();
  apply();
}

void Theme::set_font_scale(double scale) {
  if (scale == font_scale_) return;
  font_scale_ = scale;
  QFont font = platform_font_;
  if (font.pointSizeF() > 0) {
    font.setPointSizeF(font.pointSizeF() * scale);
  } else {
    font.setPixelSize(std::max(6, static_cast<int>(std::lround(font.pixelSize() * scale))));
  }
  QApplication::setFont(font);
  apply();
}

void Theme::apply() {
  if (!styled_) QApplication::setStyle(QStringLiteral("Fusion"));
  styled_ = true;
  QApplication::setPalette(make_palette(colors_));
  qApp->setStyleSheet(make_style_sheet(colors_));
  Q_EMIT changed();
}

QColor Theme::kind_color(Kind kind) const { return QColor::fromRgb(dark_ ? kind->on_dark : kind->on_light); }

QColor Theme::category_color(Category category) const {
  switch (category) {
    case Category::Source:
      return dark_ ? "#1fbf90" : "#008a64";
    case Category::Preprocess:
      return dark_ ? "#56b4e9" : "#2a8fcb";
    case Category::Batch:
      return dark_ ? "#a9b4c4" : "#566273";
    case Category::Layer:
      return dark_ ? "#6d9ff5" : "#0059b2";
    case Category::Loss:
      return dark_ ? "#ff7a68" : "#bb2d1b";
    case Category::Optimizer:
      return dark_ ? "#5cd3c7" : "#00776c";
    case Category::Estimator:
      return dark_ ? "#b7d968" : "#5d7a12";
    case Category::Training:
      return dark_ ? "#f0b232" : "#b87500";
    case Category::Structure:
      return dark_ ? "#b79af2" : "#6b4fb3";
  }
  return colors_.muted;
}

QIcon Theme::icon(const QString& name) const {
  if (const auto known = icons_.constFind(name); known != icons_.constEnd()) return *known;
  QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
  const QByteArray svg = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  QIcon icon;
  for (const int pixels : {16, 20, 24, 32, 48, 64}) {
    for (const auto& [mode, color] : {std::pair{QIcon::Normal, colors_.text},
                                      {QIcon::Disabled, colors_.disabled},
                                      {QIcon::Selected, colors_.accent_text}}) {
      QPixmap pixmap = render(svg, pixels, color);
      if (pixmap.isNull()) pixmap = initial(name, pixels, color);
      icon.addPixmap(pixmap, mode);
    }
  }
  icons_.insert(name, icon);
  return icon;
}

QFont Theme::small_font() const { return scaled_font(0.9); }

QFont Theme::bold_font() const {
  QFont font = QApplication::font();
  font.setWeight(QFont::DemiBold);
  return font;
}

QFont Theme::mono_font() const {
  QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  const QFont base = scaled_font(0.95);
  if (base.pointSizeF() > 0) font.setPointSizeF(base.pointSizeF());
  return font;
}

}  // namespace feedline::gui::inline base
