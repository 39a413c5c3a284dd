// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "state/learnt_figure.h"

#include <QWidget>

#include <optional>

namespace feedline::gui::inline inspector {

/// What a node that makes features fewer has learnt, drawn: the share of the variance of each component, or the scores
/// of features with the removed ones in grey, as bars. Hidden where there is nothing of that kind.
class LearntChart : public QWidget {
  Q_OBJECT

 public:
  explicit LearntChart(QWidget* parent = nullptr);

  void show_state(const NamedTensors& state);
  [[nodiscard]] const std::optional<LearntBars>& bars() const { return bars_; }
  /// "petal width: 960", of the bar under a point of the widget; empty: there is none.
  [[nodiscard]] QString reading_at(QPointF point) const;

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  [[nodiscard]] QString title() const;
  [[nodiscard]] QRectF field() const;  ///< of the bars
  [[nodiscard]] QRectF bar_at(std::size_t index) const;

  std::optional<LearntBars> bars_{};
  double top_ = 0;  ///< the largest value
};

}  // namespace feedline::gui::inline inspector
