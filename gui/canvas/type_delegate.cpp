// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/type_delegate.h"

#include "app/theme.h"
#include "canvas/paint_tools.h"
#include "models/palette_model.h"
#include "models/text.h"

#include <QPainter>

namespace feedline::gui {
namespace {

constexpr int kUnit = Theme::kUnit;

}  // namespace

TypeDelegate::TypeDelegate(bool with_category, QObject* parent)
    : QStyledItemDelegate(parent), with_category_(with_category) {}

QSize TypeDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const bool heading = index.data(PaletteModel::TypeRole).isNull();
  return {0, option.fontMetrics.height() + (heading ? 2 * kUnit : 5 * kUnit / 4)};
}

void TypeDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  const auto category = static_cast<Category>(index.data(PaletteModel::CategoryRole).toInt());
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  QRect rect = option.rect;
  if (index.data(PaletteModel::TypeRole).isNull()) {
    QFont font = theme.small_font();
    font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(c.muted);
    painter->drawText(rect.adjusted(kUnit / 2, kUnit / 2, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                      index.data().toString());
    painter->restore();
    return;
  }
  const bool selected = option.state.testFlag(QStyle::State_Selected);
  rect.adjust(2, 1, -2, -1);
  if (selected || option.state.testFlag(QStyle::State_MouseOver)) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(selected ? c.accent : faded(c.text, 0.07));
    painter->drawRoundedRect(rect, kUnit / 2, kUnit / 2);
  }
  const QRectF chip(rect.left() + kUnit, rect.center().y() - kUnit * 0.6 + 0.5, kUnit * 1.2, kUnit * 1.2);
  painter->setPen(selected ? QPen(c.accent_text, 1) : QPen(Qt::NoPen));
  painter->setBrush(theme.category_color(category));
  painter->drawRoundedRect(chip, 3, 3);
  rect.adjust(3 * kUnit, 0, -kUnit, 0);
  if (with_category_) {
    painter->setFont(theme.small_font());
    painter->setPen(selected ? c.accent_text : c.muted);
    const QString text = category_text(category);
    painter->drawText(rect, Qt::AlignVCenter | Qt::AlignRight, text);
    rect.adjust(0, 0, -painter->fontMetrics().horizontalAdvance(text) - kUnit, 0);
  }
  painter->setFont(option.font);
  painter->setPen(selected ? c.accent_text : c.text);
  painter->drawText(rect, Qt::AlignVCenter | Qt::AlignLeft,
                    option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, rect.width()));
  painter->restore();
}

}  // namespace feedline::gui
