// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/preview/facts_header.h"

#include "base/numbers.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/preview/record_model.h"

#include <QPainter>

#include <algorithm>

namespace feedline::gui::inline preview {
namespace {

constexpr int kTopLines = 3;

int line_height() { return QFontMetrics(Theme::instance().small_font()).height(); }

}  // namespace

FactsHeader::FactsHeader(const RecordModel& model, QWidget* parent)
    : QHeaderView(Qt::Horizontal, parent), records_(model) {
  setSectionsClickable(true);
  setHighlightSections(false);
  setDefaultSectionSize(17 * Theme::kUnit);
  setMinimumSectionSize(7 * Theme::kUnit);
}

QSize FactsHeader::sizeHint() const {
  return {QHeaderView::sizeHint().width(), fontMetrics().height() + (1 + kTopLines) * line_height() + 2 * Theme::kUnit};
}

void FactsHeader::paintSection(QPainter* painter, const QRect& rect, int section) const {
  if (!rect.isValid() || section < 0 || section >= records_.columnCount()) return;
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  const RecordColumn& column = records_.columns()[static_cast<std::size_t>(section)];
  painter->save();
  painter->fillRect(rect, c.window);  // as the rest of the heads
  painter->setPen(c.border);
  painter->drawLine(rect.topRight(), rect.bottomRight());
  painter->drawLine(rect.bottomLeft(), rect.bottomRight());
  if (column.label) painter->fillRect(QRect(rect.left(), rect.top(), rect.width() - 1, 2), c.accent);
  const QRect inner = rect.adjusted(Theme::kUnit / 2, Theme::kUnit / 2, -Theme::kUnit / 2, -Theme::kUnit / 2);
  QFont bold = font();
  bold.setWeight(QFont::DemiBold);
  painter->setFont(bold);
  painter->setPen(c.text);
  QRect line(inner.left(), inner.top(), inner.width(), fontMetrics().height());
  painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                    QFontMetrics(bold).elidedText(to_qstring(column.name), Qt::ElideMiddle, line.width()));
  painter->setFont(theme.small_font());
  painter->setPen(c.muted);
  line.moveTop(line.bottom() + 1);
  line.setHeight(line_height());
  painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                    painter->fontMetrics().elidedText(records_.short_text(section), Qt::ElideRight, line.width()));
  if (const ColumnFacts* facts = records_.facts(section)) {
    const QRect room(inner.left(), line.bottom() + 1, inner.width(), kTopLines * line_height());
    if (column.number) {
      paint_bins(*painter, room, facts->bins);
    } else {
      paint_top(*painter, room, section);
    }
  }
  painter->restore();
}

void FactsHeader::paint_bins(QPainter& painter, const QRect& room, const std::vector<std::uint64_t>& bins) const {
  if (bins.empty()) return;
  const auto most = static_cast<double>(std::max<std::uint64_t>(1, *std::max_element(bins.begin(), bins.end())));
  const double step = static_cast<double>(room.width()) / static_cast<double>(bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const double height = bins[i] == 0 ? 0 : std::max(1.0, static_cast<double>(bins[i]) / most * room.height());
    const double left = room.left() + static_cast<double>(i) * step;
    painter.fillRect(QRectF(left, room.bottom() + 1 - height, std::max(1.0, step - 1), height),
                     Theme::instance().colors().train);
  }
}

/// A line for each of the most frequent values, its share as a bar behind it.
void FactsHeader::paint_top(QPainter& painter, const QRect& room, int section) const {
  const Theme::Colors& c = Theme::instance().colors();
  const ColumnFacts& facts = *records_.facts(section);
  const int height = line_height();
  QRect line(room.left(), room.top(), room.width(), height);
  painter.setPen(c.muted);
  if (facts.top.empty() || facts.top.front().second < 2) {
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                     facts.values == 0 ? RecordModel::tr("no value") : RecordModel::tr("all different"));
    return;
  }
  for (int i = 0; i < std::min<int>(kTopLines, static_cast<int>(facts.top.size())); ++i) {
    const auto& [value, records] = facts.top[static_cast<std::size_t>(i)];
    const double share = static_cast<double>(records) / static_cast<double>(std::max<std::uint64_t>(1, facts.values));
    QColor bar = c.train;
    bar.setAlphaF(0.3F);
    painter.fillRect(QRectF(line.left(), line.top() + 1, share * line.width(), height - 2), bar);
    const QString percent = to_qstring(numbers::percent(share));
    const int wide = painter.fontMetrics().horizontalAdvance(percent) + Theme::kUnit / 2;
    painter.setPen(c.text);
    painter.drawText(line.adjusted(2, 0, -wide, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(to_qstring(value), Qt::ElideRight, line.width() - wide - 2));
    painter.setPen(c.muted);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, percent);
    line.translate(0, height);
  }
}

}  // namespace feedline::gui::inline preview
