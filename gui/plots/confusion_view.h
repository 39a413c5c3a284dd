// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/evaluation.h"

#include <QImage>
#include <QWidget>

#include <optional>
#include <utility>

namespace feedline::gui::inline plots {

/// A confusion matrix: one row a true class, one column what it was taken for, shaded by the share of the row. Right
/// answers have the colour of what is good, wrong ones that of errors; numbers stand in the cells where they fit. A
/// click, or the arrow keys, choose a cell.
class ConfusionView : public QWidget {
  Q_OBJECT

 public:
  using Cell = std::pair<int, int>;  ///< true class, predicted class

  explicit ConfusionView(QWidget* parent = nullptr);

  void set_evaluation(const Evaluation& evaluation);
  [[nodiscard]] std::optional<Cell> chosen() const { return chosen_; }
  void choose(std::optional<Cell> cell);
  [[nodiscard]] QString text_of(const Cell& cell) const;
  /// Where the cell is drawn.
  [[nodiscard]] QRectF rect_of(const Cell& cell) const;
  /// Of the count in the cell, whatever its shade.
  [[nodiscard]] QColor number_color(const Cell& cell) const;
  void paint(QPainter& painter, const QRectF& whole) const;
  /// What is written beside the matrix: headers, and names of classes, elided where there is no room for them.
  struct Label {
    QString text{};
    QRectF place{};  ///< upright ones are turned to the left about its lower left corner: width is its length
    Qt::Alignment alignment{};
    bool upright = false;
    bool header = false;
  };
  [[nodiscard]] std::vector<Label> labels(const QRectF& whole) const;
  [[nodiscard]] QSize sizeHint() const override { return {260, 260}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {120, 120}; }

 Q_SIGNALS:
  void cell_chosen(std::optional<feedline::gui::ConfusionView::Cell> cell);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  [[nodiscard]] int classes() const { return static_cast<int>(evaluation_.classes); }
  [[nodiscard]] QRectF matrix_area(const QRectF& whole) const;
  [[nodiscard]] double names_width(double room) const;
  [[nodiscard]] bool upright(const QRectF& whole) const;
  [[nodiscard]] double head_height(const QRectF& whole) const;
  [[nodiscard]] std::optional<Cell> cell_at(QPointF pos) const;
  [[nodiscard]] double share(int label, int predicted) const;
  void shade();
  void paint_names(QPainter& painter, const QRectF& whole) const;
  void paint_numbers(QPainter& painter, const QRectF& area) const;

  Evaluation evaluation_{};
  QImage shades_{};  ///< one pixel a cell
  std::optional<Cell> chosen_{};
};

}  // namespace feedline::gui::inline plots
