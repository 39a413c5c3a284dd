// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/point_names.h"

#include <QFontMetricsF>
#include <qcustomplot.h>

#include <algorithm>

namespace feedline::gui::inline base {
namespace {

/// Pixels between a point and its name, and half of what a point takes itself.
constexpr double kGap = 4;
constexpr double kPoint = 3;

QRectF beside(const QPointF& point, const QSizeF& size, Qt::Alignment alignment) {
  const double x = (alignment & Qt::AlignHCenter) != 0 ? point.x() - size.width() / 2
                   : (alignment & Qt::AlignLeft) != 0  ? point.x() + kGap
                                                       : point.x() - kGap - size.width();
  const double y = (alignment & Qt::AlignTop) != 0 ? point.y() + kGap : point.y() - kGap - size.height();
  return {QPointF(x, y), size};
}

}  // namespace

void place_point_names(QCustomPlot& plot, const std::vector<QCPItemText*>& names) {
  const QRectF inside = plot.axisRect()->rect();
  const auto point_of = [&plot](const QCPItemText* name) {
    return QPointF(plot.xAxis->coordToPixel(name->position->key()), plot.yAxis->coordToPixel(name->position->value()));
  };
  std::vector<QRectF> taken;
  for (const QCPItemText* name : names)
    taken.push_back(QRectF(point_of(name) - QPointF(kPoint, kPoint), QSizeF(2 * kPoint, 2 * kPoint)));
  for (QCPItemText* name : names) {
    const QPointF point = point_of(name);
    const QSizeF size = QFontMetricsF(name->font()).size(0, name->text());
    bool placed = false;
    // An alignment says which corner of the name lies at the point.
    for (const Qt::Alignment alignment :
         {Qt::AlignLeft | Qt::AlignBottom, Qt::AlignLeft | Qt::AlignTop, Qt::AlignRight | Qt::AlignBottom,
          Qt::AlignRight | Qt::AlignTop, Qt::AlignHCenter | Qt::AlignBottom, Qt::AlignHCenter | Qt::AlignTop}) {
      const QRectF place = beside(point, size, alignment);
      if (!inside.contains(place) ||
          std::any_of(taken.begin(), taken.end(), [&](const QRectF& other) { return other.intersects(place); }))
        continue;
      taken.push_back(place);
      name->setPositionAlignment(alignment);
      placed = true;
      break;
    }
    name->setVisible(placed);
  }
}

}  // namespace feedline::gui::inline base
