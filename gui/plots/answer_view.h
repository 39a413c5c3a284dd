// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/inference/occlusion.h"

#include <QImage>
#include <QWidget>

#include <optional>

namespace feedline::gui::inline plots {

/// What a model says of a picture: the picture as the model sees it, the parts on which the answer rests shaded over
/// it, and beside it the likeliest classes with their probabilities as bars.
class AnswerView : public QWidget {
  Q_OBJECT

 public:
  explicit AnswerView(QWidget* parent = nullptr);

  /// None: nothing is shown.
  void show_answer(std::optional<ExplainedPicture> answer);
  /// Shades what mattered, or not.
  void set_shaded(bool on);
  [[nodiscard]] const std::optional<ExplainedPicture>& answer() const { return answer_; }
  /// "3: 97 %", one a bar, the likeliest first.
  [[nodiscard]] QStringList bar_texts() const;
  void paint(QPainter& painter, const QRectF& area) const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void paint_picture(QPainter& painter, const QRectF& area) const;
  void paint_bars(QPainter& painter, const QRectF& area) const;

  std::optional<ExplainedPicture> answer_{};
  QImage picture_{};
  bool shaded_ = true;
};

}  // namespace feedline::gui::inline plots
