// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRect>
#include <QStyledItemDelegate>

namespace feedline::gui::inline canvas {

/// Draws node types in the palette and in the search box: a chip in the category's colour, the title, in two lines
/// where one has no room for it, and its heading at the right where `with_heading` is set. Rows without a type are
/// headings.
class TypeDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  explicit TypeDelegate(bool with_heading, QObject* parent = nullptr);
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  /// As high as the title needs in the width of the view.
  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  /// Where the title stands in a row.
  [[nodiscard]] QRect title_rect(const QRect& row, const QModelIndex& index) const;

 private:
  bool with_heading_;
};

}  // namespace feedline::gui::inline canvas
