// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>

#include <vector>

namespace feedline::gui {

/// The line above a plot that is legend and readout at once: a swatch in the curve's colour, its name, its newest
/// value. It stands outside the plot, so it never covers data.
class Readings : public QWidget {
  Q_OBJECT

 public:
  enum class Mark { None, Line, Square, Disc, Diamond };
  struct Item {
    Mark mark = Mark::None;
    QColor color{};
    QString name{};
    QString value{};
    bool operator==(const Item&) const = default;
  };

  explicit Readings(QWidget* parent = nullptr);
  /// Repaints only if something differs.
  void set_items(std::vector<Item> items);
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  std::vector<Item> items_{};
};

}  // namespace feedline::gui
