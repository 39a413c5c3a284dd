// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/type_delegate.h"

#include "gui/base/theme.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/palette_model.h"
#include "gui/models/text.h"

#include <QAbstractItemView>
#include <QPainter>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr int kBeforeTitle = Theme::kUnit / 2 + 2 * Theme::kUnit;
constexpr int kBehindTitle = Theme::kUnit / 2;
constexpr int kTitle = Qt::AlignVCenter | Qt::AlignLeft | Qt::TextWordWrap;

int heading_width(const QModelIndex& index) {
  const QString heading = index.data(PaletteModel::HeadingRole).toString();
  return QFontMetrics(Theme::instance().small_font()).horizontalAdvance(heading);
}

}  // namespace

TypeDelegate::TypeDelegate(bool with_heading, QObject* parent)
    : QStyledItemDelegate(parent), with_heading_(with_heading) {}

QSize TypeDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const int line = option.fontMetrics.height();
  if (index.data(PaletteModel::TypeRole).isNull()) return {0, line + 2 * Theme::kUnit};
  const auto* view = qobject_cast<const QAbstractItemView*>(option.widget);
  const QRect room = title_rect(QRect(0, 0, view == nullptr ? 0 : view->viewport()->width(), line), index);
  const int title =
      room.width() > 0 ? option.fontMetrics.boundingRect(room, kTitle, index.data().toString()).height() : line;
  return {0, std::max(line, title) + 5 * Theme::kUnit / 4};
}

QRect TypeDelegate::title_rect(const QRect& row, const QModelIndex& index) const {
  const int heading = with_heading_ ? heading_width(index) + Theme::kUnit : 0;
  return row.adjusted(kBeforeTitle, 0, -kBehindTitle - heading, 0);
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
    painter->drawText(rect.adjusted(Theme::kUnit / 2, Theme::kUnit / 2, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                      index.data().toString());
    painter->restore();
    return;
  }
  const bool selected = option.state.testFlag(QStyle::State_Selected);
  rect.adjust(2, 1, -2, -1);
  if (selected || option.state.testFlag(QStyle::State_MouseOver)) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(selected ? c.accent : faded(c.text, 0.07));
    painter->drawRoundedRect(rect, Theme::kUnit / 2, Theme::kUnit / 2);
  }
  const QRectF chip(rect.left() + Theme::kUnit / 2, rect.center().y() - Theme::kUnit * 0.6 + 0.5, Theme::kUnit * 1.2,
                    Theme::kUnit * 1.2);
  painter->setPen(selected ? QPen(c.accent_text, 1) : QPen(Qt::NoPen));
  painter->setBrush(theme.category_color(category));
  painter->drawRoundedRect(chip, 3, 3);
  if (with_heading_) {
    painter->setFont(theme.small_font());
    painter->setPen(selected ? c.accent_text : c.muted);
    painter->drawText(rect.adjusted(0, 0, -Theme::kUnit, 0), Qt::AlignVCenter | Qt::AlignRight,
                      index.data(PaletteModel::HeadingRole).toString());
  }
  painter->setFont(option.font);
  painter->setPen(selected ? c.accent_text : c.text);
  painter->drawText(title_rect(option.rect, index), kTitle, index.data().toString());
  painter->restore();
}

}  // namespace feedline::gui::inline canvas
