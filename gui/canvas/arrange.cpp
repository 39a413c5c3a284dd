// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/arrange.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

namespace feedline::gui::inline canvas {
namespace {

/// A rectangle along one axis.
struct Span {
  qreal low = 0;
  qreal high = 0;
  [[nodiscard]] qreal middle() const { return (low + high) / 2; }
};

Span span(const QRectF& rect, Qt::Orientation along) {
  return along == Qt::Horizontal ? Span{rect.left(), rect.right()} : Span{rect.top(), rect.bottom()};
}

QPointF along_axis(qreal distance, Qt::Orientation along) {
  return along == Qt::Horizontal ? QPointF(distance, 0) : QPointF(0, distance);
}

/// The nearest of the others' edges and middles, as (how far to go, where, which of them). Like meets like, so that a
/// left edge does not jump to another's middle.
struct Match {
  qreal distance = 0;
  qreal at = 0;
  std::size_t other = 0;
};
std::optional<Match> nearest(const QRectF& moving, const std::vector<QRectF>& others, qreal reach,
                             Qt::Orientation along) {
  std::optional<Match> best;
  const Span mine = span(moving, along);
  for (std::size_t i = 0; i < others.size(); ++i) {
    const Span theirs = span(others[i], along);
    for (const auto& [from, to] :
         {std::pair{mine.low, theirs.low}, {mine.high, theirs.high}, {mine.middle(), theirs.middle()}}) {
      const qreal distance = to - from;
      if (std::abs(distance) > reach || (best && std::abs(distance) >= std::abs(best->distance))) continue;
      best = Match{distance, to, i};
    }
  }
  return best;
}

}  // namespace

std::vector<QPointF> align(const std::vector<QRectF>& rects, Align how) {
  const bool across = how == Align::Left || how == Align::Centre || how == Align::Right;
  const Qt::Orientation along = across ? Qt::Horizontal : Qt::Vertical;
  std::vector<QPointF> shifts(rects.size());
  if (rects.empty()) return shifts;
  QRectF all;
  for (const QRectF& rect : rects) all |= rect;
  const Span whole = span(all, along);
  for (std::size_t i = 0; i < rects.size(); ++i) {
    const Span mine = span(rects[i], along);
    qreal distance = whole.middle() - mine.middle();
    if (how == Align::Left || how == Align::Top) distance = whole.low - mine.low;
    if (how == Align::Right || how == Align::Bottom) distance = whole.high - mine.high;
    shifts[i] = along_axis(std::round(distance), along);
  }
  return shifts;
}

std::vector<QPointF> distribute(const std::vector<QRectF>& rects, Qt::Orientation along) {
  std::vector<QPointF> shifts(rects.size());
  if (rects.size() < 3) return shifts;
  std::vector<std::size_t> order(rects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return span(rects[a], along).middle() < span(rects[b], along).middle();
  });
  qreal filled = 0;
  for (const QRectF& rect : rects) filled += span(rect, along).high - span(rect, along).low;
  const qreal start = span(rects[order.front()], along).low;
  const qreal gap = (span(rects[order.back()], along).high - start - filled) / static_cast<qreal>(rects.size() - 1);
  qreal at = start;
  for (const std::size_t i : order) {
    const Span mine = span(rects[i], along);
    shifts[i] = along_axis(std::round(at - mine.low), along);
    at += mine.high - mine.low + gap;
  }
  return shifts;
}

Snap snap_to_edges(const QRectF& moving, const std::vector<QRectF>& others, qreal reach) {
  Snap snap;
  const auto x = nearest(moving, others, reach, Qt::Horizontal);
  const auto y = nearest(moving, others, reach, Qt::Vertical);
  snap.x = x.has_value();
  snap.y = y.has_value();
  snap.shift = {x ? x->distance : 0, y ? y->distance : 0};
  const QRectF there = moving.translated(snap.shift);
  if (x) {
    const QRectF both = there | others[x->other];
    snap.guides.emplace_back(x->at, both.top(), x->at, both.bottom());
  }
  if (y) {
    const QRectF both = there | others[y->other];
    snap.guides.emplace_back(both.left(), y->at, both.right(), y->at);
  }
  return snap;
}

}  // namespace feedline::gui::inline canvas
