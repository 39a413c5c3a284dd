// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <qcustomplot.h>

#include <functional>
#include <optional>
#include <vector>

namespace feedline::gui::inline plots {

/// A curve that the cursor reads: its value in words.
struct CursorCurve {
  QCPGraph* graph = nullptr;
  QString name{};
  std::function<QString(double)> words{};
};

/// The cursor within one axis rect: a line, a dot on each curve, and what the curves are there. It stands on the layer
/// "overlay", which is drawn by itself: moving it draws no curve again.
class CursorItem : public QCPAbstractItem {
  Q_OBJECT

 public:
  CursorItem(QCustomPlot* plot, QCPAxisRect* rect);

  void add(CursorCurve curve) { curves_.push_back(std::move(curve)); }
  void clear() { curves_.clear(); }
  [[nodiscard]] QCPAxisRect* rect() const { return rect_; }
  /// Where the line stands on the rect's horizontal axis, and what is written above the values; none: it is hidden.
  void show_at(std::optional<double> key, const QString& title);
  [[nodiscard]] std::optional<double> key() const { return key_; }

  struct Reading {
    const CursorCurve* curve = nullptr;
    QPointF at{};  ///< in pixels
    double value = 0;
  };
  /// The values there, one a visible curve that has a point near the line.
  [[nodiscard]] std::vector<Reading> readings() const;

  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  void draw_box(QCPPainter* painter, const std::vector<Reading>& readings, double x) const;

  QCPAxisRect* rect_;
  std::vector<CursorCurve> curves_{};
  std::optional<double> key_{};
  QString title_{};
};

}  // namespace feedline::gui::inline plots
