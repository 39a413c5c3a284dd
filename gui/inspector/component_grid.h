// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "state/learnt_figure.h"

#include <QColor>
#include <QImage>
#include <QWidget>

#include <optional>
#include <vector>

namespace feedline::gui::inline inspector {

/// Of a weight from -1 to 1: from blue over the theme's ground at 0 to orange, told apart by the colour-blind, too.
[[nodiscard]] QColor weight_color(double weight);

/// The first components that a node has learnt, each with its share of the variance under it: as a picture where its
/// features are the pixels of one, else as bars of the features that weigh most. Hidden where there are none.
class ComponentGrid : public QWidget {
  Q_OBJECT

 public:
  explicit ComponentGrid(QWidget* parent = nullptr);

  void show_state(const NamedTensors& state);
  [[nodiscard]] const std::optional<LearntComponents>& components() const { return found_; }
  /// In the colours of the theme; empty: the features are no picture.
  [[nodiscard]] const std::vector<QImage>& pictures() const { return pictures_; }
  /// "pc2, 12.4 %": what stands at a component.
  [[nodiscard]] QString caption_of(std::size_t component) const;
  /// Where a component is drawn, without its caption.
  [[nodiscard]] QRectF place_of(std::size_t component) const;
  /// "pc2, 12.4 %; x 3, y 5: -0.25 of the largest weight", "pc1, 92.5 %; petal length: 0.8567"; empty: there is
  /// nothing.
  [[nodiscard]] QString reading_at(QPointF point) const;

  [[nodiscard]] bool hasHeightForWidth() const override { return true; }
  [[nodiscard]] int heightForWidth(int width) const override;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void paint_pictures();  ///< pictures_, of what was found
  void draw_weights(QPainter& painter, std::size_t component) const;
  [[nodiscard]] QString title() const;
  [[nodiscard]] int columns(int width) const;
  [[nodiscard]] double cell_height() const;  ///< with its caption
  [[nodiscard]] double line() const;         ///< of small writing

  std::optional<LearntComponents> found_{};
  std::vector<QImage> pictures_{};
};

}  // namespace feedline::gui::inline inspector
