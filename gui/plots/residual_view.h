// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/residual_plot.h"

#include <QImage>
#include <QRectF>
#include <QString>
#include <QWidget>

#include <vector>

namespace feedline::gui::inline plots {

/// What a model of numbers misses: predicted against true in bins, where all right answers lie on the diagonal, and
/// beside it the histogram of the residuals, predicted - true, about 0. The tooltip tells what lies under the mouse.
class ResidualView : public QWidget {
  Q_OBJECT

 public:
  explicit ResidualView(QWidget* parent = nullptr);

  void set_plot(const ResidualPlot& plot);
  [[nodiscard]] const ResidualPlot& plot() const { return plot_; }

  /// Where the pairs are drawn in a view of this size, a square; the true number grows to the right, the predicted one
  /// upwards.
  [[nodiscard]] QRectF pairs_area(const QRectF& whole) const;
  [[nodiscard]] QRectF histogram_area(const QRectF& whole) const;
  /// Where a bin of each is drawn.
  [[nodiscard]] QRectF pair_rect(const QRectF& whole, std::size_t predicted, std::size_t truth) const;
  [[nodiscard]] QRectF bar_rect(const QRectF& whole, std::size_t bin) const;
  /// What is written beside both: headers and some numbers of the axes.
  struct Label {
    QString text{};
    QRectF place{};
    Qt::Alignment alignment{};
    bool header = false;
  };
  [[nodiscard]] std::vector<Label> labels(const QRectF& whole) const;
  /// "true 3 to 4, predicted 4 to 5: 12 pairs"; empty where there is nothing.
  [[nodiscard]] QString text_at(QPointF pos) const;
  void paint(QPainter& painter, const QRectF& whole) const;

  [[nodiscard]] QSize sizeHint() const override { return {520, 260}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {240, 120}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void shade();
  void paint_pairs(QPainter& painter, const QRectF& area) const;
  void paint_histogram(QPainter& painter, const QRectF& whole) const;

  ResidualPlot plot_{};
  QImage shades_{};  ///< one pixel a bin, the more the more opaque
};

}  // namespace feedline::gui::inline plots
