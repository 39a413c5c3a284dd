// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/inference/occlusion.h"

#include <QImage>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <QWidget>

#include <optional>

namespace feedline::gui::inline plots {

/// What a model says of a picture: the picture as the model sees it, the parts on which the answer rests shaded over
/// it, and beside it the likeliest classes with their probabilities as bars; of a row or a text the bars alone. Without
/// an answer it is the area where a picture is dropped, and says so; a click there asks for one.
class AnswerView : public QWidget {
  Q_OBJECT

 public:
  explicit AnswerView(QWidget* parent = nullptr);

  /// None: nothing is shown.
  void show_answer(std::optional<ExplainedPicture> answer);
  /// Shades what mattered, or not.
  void set_shaded(bool on);
  /// What it says while it has no answer.
  void set_invitation(const QString& words);
  /// A picture is held over it, and would be taken.
  void set_offered(bool on);
  /// Is it the area to drop a picture in, for want of an answer?
  [[nodiscard]] bool invites() const { return !answer_.has_value(); }
  /// Where that area is drawn.
  [[nodiscard]] QRectF drop_area() const;
  [[nodiscard]] const std::optional<ExplainedPicture>& answer() const { return answer_; }
  /// "3: 97 %", one a bar, the likeliest first.
  [[nodiscard]] QStringList bar_texts() const;
  void paint(QPainter& painter, const QRectF& area) const;

 Q_SIGNALS:
  void clicked();  ///< while it invites

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  void paint_invitation(QPainter& painter) const;
  void paint_picture(QPainter& painter, const QRectF& area) const;
  void paint_bars(QPainter& painter, const QRectF& area) const;

  std::optional<ExplainedPicture> answer_{};
  QImage picture_{};
  QString invitation_{};
  bool shaded_ = true;
  bool offered_ = false;
};

}  // namespace feedline::gui::inline plots
