// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/make_room.h"

#include "gui/canvas/grid.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kAside = 4 * Theme::kUnit;  // between neighbours that were pushed, for a wire between them
constexpr qreal kApart = Theme::kUnit;      // between what stands above each other
constexpr qreal kFrameMargin = 3 * Theme::kUnit;
constexpr qreal kFrameHeader = 5 * Theme::kUnit;
constexpr int kRings = 40;
constexpr std::size_t kManyBodies = 64;

qreal on_grid(qreal x) { return std::ceil(x / kGrid) * kGrid; }

bool meets(const QRectF& a, const QRectF& b) { return a.adjusted(-kAside, -kApart, kAside, kApart).intersects(b); }

/// Rectangles by the cells of a coarse grid that they touch.
class Cells {
 public:
  explicit Cells(const std::vector<QRectF>& rects) : rects_(rects) {
    for (std::size_t i = 0; i < rects.size(); ++i)
      each_cell(rects[i], [&](std::int64_t cell) {
        cells_[cell].push_back(i);
        return false;
      });
  }
  [[nodiscard]] bool meets(const QRectF& rect) const {
    return each_cell(rect, [&](std::int64_t cell) {
      const auto found = cells_.find(cell);
      return found != cells_.end() && std::any_of(found->second.begin(), found->second.end(),
                                                  [&](std::size_t i) { return rects_[i].intersects(rect); });
    });
  }

 private:
  static constexpr qreal kSize = 320;
  template <class Visit>
  static bool each_cell(const QRectF& rect, Visit visit) {
    const auto cell = [](qreal at) { return static_cast<std::int64_t>(std::floor(at / kSize)); };
    for (std::int64_t x = cell(rect.left()); x <= cell(rect.right()); ++x)
      for (std::int64_t y = cell(rect.top()); y <= cell(rect.bottom()); ++y)
        if (visit(x * 1'000'003 + y)) return true;
    return false;
  }

  const std::vector<QRectF>& rects_;
  std::unordered_map<std::int64_t, std::vector<std::size_t>> cells_{};
};

}  // namespace

void push_along(Bodies& bodies, const std::string& inserted) {
  const auto found = bodies.find(inserted);
  if (found == bodies.end()) return;
  QRectF& mine = found->second;
  const qreal middle = mine.center().x();
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& [id, body] : bodies) {
      if (id == inserted || body.center().x() >= middle || !meets(mine, body)) continue;
      mine.moveLeft(on_grid(body.right() + kAside));
      moved = true;
    }
  }
  std::vector<std::string> open = {inserted};
  while (!open.empty()) {  // everything goes right only, so it ends
    const QRectF pushing = bodies.at(open.back());
    const std::string by = std::move(open.back());
    open.pop_back();
    for (auto& [id, body] : bodies) {
      if (id == by || body.center().x() < pushing.center().x() || !meets(pushing, body)) continue;
      if (id == inserted) continue;
      body.moveLeft(on_grid(pushing.right() + kAside));
      open.push_back(id);
    }
  }
}

QPointF clear_shift(const std::vector<QRectF>& added, const std::vector<QRectF>& there, QPointF shift) {
  const Cells cells(there);
  const auto clear = [&](QPointF by) {
    return std::none_of(added.begin(), added.end(), [&](const QRectF& rect) {
      return cells.meets(rect.translated(by).adjusted(-kApart, -kApart, kApart, kApart));
    });
  };
  if (clear(shift)) return shift;
  const int rings = added.size() > kManyBodies ? 0 : kRings;
  for (int ring = 1; ring < rings; ++ring)
    for (int down = ring; down >= -ring; --down)
      for (int right = ring; right >= -ring; --right) {
        if (std::max(std::abs(down), std::abs(right)) != ring) continue;
        const QPointF by = shift + QPointF(right, down) * 2 * kGrid;
        if (clear(by)) return by;
      }
  qreal bottom = 0;
  qreal top = 0;
  for (const QRectF& rect : there) bottom = std::max(bottom, rect.bottom());
  if (!added.empty()) top = added.front().top();
  for (const QRectF& rect : added) top = std::min(top, rect.top());
  return {shift.x(), on_grid(bottom + 2 * kGrid - top)};
}

QRectF frame_about(const QRectF& bodies) {
  const QRectF area = bodies.adjusted(-kFrameMargin, -kFrameHeader, kFrameMargin, kFrameMargin);
  const QPointF corner(std::floor(area.left() / kGrid) * kGrid, std::floor(area.top() / kGrid) * kGrid);
  return {corner, QSizeF(on_grid(area.right() - corner.x()), on_grid(area.bottom() - corner.y()))};
}

Frame placed(Frame frame, const QRectF& area) {
  frame.position = {area.left(), area.top()};
  frame.width = area.width();
  frame.height = area.height();
  return frame;
}

Frame grown(const Frame& frame, const std::vector<QRectF>& bodies) {
  QRectF area = area_of(frame);
  for (const QRectF& body : bodies)
    if (!area.contains(body)) area |= frame_about(body);
  return placed(frame, area);
}

std::vector<Position> pushed_points(std::vector<Position> points, PushedEnd from, PushedEnd to) {
  const qreal length = to.at - from.at;
  for (Position& point : points) {
    const qreal share = length > 0 ? std::clamp((point.x - from.at) / length, 0.0, 1.0) : 0.5;
    point.x += std::round(from.shift + share * (to.shift - from.shift));
  }
  return points;
}

}  // namespace feedline::gui::inline canvas
