// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <QColor>
#include <QFont>
#include <QHash>
#include <QIcon>
#include <QObject>
#include <QString>

namespace feedline::gui::inline base {

/// The colours, sizes and icons of the window, in one place. Widgets take everything from here and repaint on
/// changed(). It lives as long as the application object.
class Theme : public QObject {
  Q_OBJECT

 public:
  enum class Mode { System, Light, Dark };

  [[nodiscard]] static Theme& instance();

  void set_mode(Mode mode);  ///< applies palette and style sheet to the application
  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] bool dark() const { return dark_; }
  /// The size of all writing, as a multiple of the platform's; applied at once.
  void set_font_scale(double scale);
  [[nodiscard]] double font_scale() const { return font_scale_; }

  /// Nothing moves by itself: for those whom it disturbs.
  void set_reduced_motion(bool on);
  [[nodiscard]] bool reduced_motion() const { return reduced_motion_; }

  struct Colors {
    QColor window, panel, raised, border;          ///< surfaces, from back to front
    QColor text, muted, disabled;                  ///< writing
    QColor accent, accent_text;                    ///< the one action colour
    QColor canvas, grid, node, node_border, wire;  ///< the canvas
    QColor busy, starved, blocked, idle;           ///< what workers do
    QColor good, warning, error;
    QColor train, validation;  ///< the two curves
  };
  [[nodiscard]] const Colors& colors() const { return colors_; }
  /// Of ports and wires, by what travels; legible on both themes and to the colour-blind beside shape and words.
  [[nodiscard]] QColor kind_color(Kind kind) const;
  [[nodiscard]] QColor category_color(Category category) const;
  /// resources/icons/<name>.svg in the theme's text colour; without Qt's SVG plugin, the name's initial in a frame.
  [[nodiscard]] QIcon icon(const QString& name) const;

  /// The spacing unit in pixels: 8. Use multiples and halves.
  static constexpr int kUnit = 8;
  [[nodiscard]] QFont small_font() const;
  [[nodiscard]] QFont bold_font() const;
  [[nodiscard]] QFont mono_font() const;

 Q_SIGNALS:
  void changed();

 private:
  explicit Theme(QObject* parent);
  void choose();  ///< dark_ and colors_ from mode_
  void apply();   ///< to the application

  Mode mode_ = Mode::System;
  bool dark_ = false;
  bool reduced_motion_ = false;
  double font_scale_ = 1;
  QFont platform_font_{};     ///< before this one scaled it
  bool styled_ = false;       ///< the application has our widget style
  bool system_dark_ = false;  ///< what the platform's own palette was before this one replaced it
  Colors colors_{};
  mutable QHash<QString, QIcon> icons_{};
};

}  // namespace feedline::gui::inline base
