// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>

#include <vector>

namespace feedline::gui::inline plots {

/// The line above a plot that is legend and readout at once: a swatch in the curve's colour, its name, its newest
/// value, in as many lines as the width asks for. It stands outside the plot, so it never covers data.
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
  /// A part of an item in one line: its mark, its name, its value, or a word of these where the item is wider than all.
  struct Piece {
    QPoint at{};  ///< its left end, in the line's top
    std::size_t item = 0;
    bool mark = false;
    bool value = false;  ///< else of the name
    QString text{};
  };
  /// Where everything stands: in as many lines as it takes, since half a legend misleads.
  [[nodiscard]] std::vector<Piece> pieces(int width) const;
  [[nodiscard]] static int width_of(const Piece& piece);
  [[nodiscard]] int heightForWidth(int width) const override;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  [[nodiscard]] static int line_height();
  void refit();

  std::vector<Item> items_{};
};

}  // namespace feedline::gui::inline plots
