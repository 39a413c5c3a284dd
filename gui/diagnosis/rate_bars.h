// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

namespace feedline::gui::inline diagnosis {

/// Rates, one under the other on one scale: measured, the ceiling without a cache and, where one would raise it, with
/// one, and what-if; each with what sets it.
class RateBars : public QWidget {
  Q_OBJECT

 public:
  struct Rates {
    double measured = 0;
    QString measured_when{};  ///< "last 8 s"
    double ceiling = 0;
    QString ceiling_limit{};
    double cached = 0;  ///< 0: a cache raises nothing
    QString cached_limit{};
    double what_if = 0;  ///< 0: nothing is asked
    QString what_if_limit{};
  };

  explicit RateBars(QWidget* parent = nullptr);
  void show_rates(const Rates& rates);
  [[nodiscard]] const Rates& rates() const { return rates_; }
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;
  /// The room for what limits a rate: beside its name, or where that is narrow in a line of its own.
  [[nodiscard]] double room_for_limits() const;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void paint_row(QPainter& painter, const QRectF& row, const QString& name, double rate, const QColor& color,
                 const QString& limit) const;
  [[nodiscard]] double row_height() const;
  [[nodiscard]] bool two_lines() const;
  [[nodiscard]] static int rows(const Rates& rates) {
    return 2 + (rates.cached > 0 ? 1 : 0) + (rates.what_if > 0 ? 1 : 0);
  }
  Rates rates_{};
};

}  // namespace feedline::gui::inline diagnosis
