// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace feedline::gui {

/// Draws node types in the palette and in the search box: a chip in the category's colour, the title with the letters,
/// and the category at the right where `with_category` is set. Rows without a type are headings.
class TypeDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  explicit TypeDelegate(bool with_category, QObject* parent = nullptr);
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  bool with_category_;
};

}  // namespace feedline::gui
