// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/auto_layout.h"

#include "gui/canvas/grid.h"
#include "gui/canvas/layering.h"

#include <QPointF>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <unordered_map>

namespace feedline::gui::inline canvas {
namespace {

constexpr double kBetweenLayers = 10 * Theme::kUnit;
constexpr double kWithinLayer = 5 * Theme::kUnit;
constexpr double kAroundBend = 2 * Theme::kUnit;
constexpr double kBetweenRows = 9 * Theme::kUnit;  // wires that come back run there
constexpr double kBetweenParts = 10 * Theme::kUnit;
constexpr double kWire = 7 * Theme::kUnit;  // from the top of a node to its first port
constexpr double kNarrowestRow = 1500;      // about six nodes, as the examples have
constexpr int kSweeps = 8;

/// One connected part: its nodes, and where they come to lie.
class Part {
 public:
  /// `begin` and `share`: of the whole progress.
  Part(const PlainGraph& graph, std::vector<QSizeF> sizes, const LayoutWish& wish, double begin, double share)
      : sizes_(std::move(sizes)),
        wish_(wish),
        begin_(begin),
        share_(share),
        graph_(find_layers(graph, wish.stop, [&](double done) { tell(kLayeringShare * done); })),
        top_(graph_.layer.size(), 0) {
    corners_.resize(sizes_.size());
    for (const auto& layer : graph_.layers) {
      double width = 0;
      double height = -kWithinLayer;
      for (const std::size_t node : layer) {
        if (!is_bend(node)) width = std::max(width, sizes_[node].width());
        height += height_of(node) + gap(node);
      }
      widths_.push_back(width);
      heights_.push_back(height);
    }
    const std::vector<std::size_t> rows = best_rows();
    double bottom = 0;
    for (std::size_t i = 0; i + 1 < rows.size() && !wish_.stop.stop_requested(); ++i) {
      bottom = place_row(rows[i], rows[i + 1], bottom + (i == 0 ? 0 : kBetweenRows));
      tell(kLayeringShare + (1 - kLayeringShare) * static_cast<double>(i + 1) / static_cast<double>(rows.size() - 1));
    }
  }

  [[nodiscard]] const std::vector<QPointF>& corners() const { return corners_; }
  [[nodiscard]] QSizeF size() const { return size_; }

 private:
  static constexpr double kLayeringShare = 0.7;
  void tell(double done) const {
    if (wish_.progress) wish_.progress(begin_ + share_ * done);
  }
  [[nodiscard]] bool is_bend(std::size_t node) const { return node >= sizes_.size(); }
  [[nodiscard]] double height_of(std::size_t node) const { return is_bend(node) ? 0 : sizes_[node].height(); }
  [[nodiscard]] double gap(std::size_t node) const { return is_bend(node) ? kAroundBend : kWithinLayer; }
  /// Where its wire runs, below its top.
  [[nodiscard]] double wire(std::size_t node) const { return is_bend(node) ? 0 : kWire; }

  /// Wires that a new row before each layer would cut.
  [[nodiscard]] std::vector<std::size_t> cut_wires() const {
    std::vector<std::ptrdiff_t> change(graph_.layers.size() + 1, 0);
    for (const auto& [from, to] : graph_.wires) {
      ++change[graph_.layer[from] + 1];
      if (graph_.layer[to] + 1 < change.size()) --change[graph_.layer[to] + 1];
    }
    std::vector<std::size_t> cut;
    std::ptrdiff_t now = 0;
    for (const std::ptrdiff_t step : change) cut.push_back(static_cast<std::size_t>(now += step));
    return cut;
  }

  /// Where rows begin, and the end: each as wide as there is room for, broken in its last third where fewest wires are
  /// cut.
  [[nodiscard]] std::vector<std::size_t> rows_of(double room, const std::vector<std::size_t>& cut) const {
    std::vector<std::size_t> rows = {0};
    const std::size_t count = widths_.size();
    while (rows.back() < count) {
      std::size_t end = rows.back() + 1;
      double width = widths_[rows.back()];
      for (; end < count && width + kBetweenLayers + widths_[end] <= room; ++end)
        width += kBetweenLayers + widths_[end];
      std::size_t best = end;
      for (std::size_t at = end; end < count && at > rows.back() + 1 && width > room * 2 / 3; --at) {
        if (cut[at] < cut[best]) best = at;
        width -= kBetweenLayers + widths_[at - 1];
      }
      rows.push_back(best);
    }
    return rows;
  }

  /// The rows that are shown largest in the view.
  [[nodiscard]] std::vector<std::size_t> best_rows() const {
    const std::vector<std::size_t> cut = cut_wires();
    const double whole = std::accumulate(widths_.begin(), widths_.end(), 0.0) +
                         kBetweenLayers * (static_cast<double>(widths_.size()) - 1);
    std::vector<std::size_t> best;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t count = 1; count == 1 || whole / static_cast<double>(count) >= kNarrowestRow; ++count) {
      const std::vector<std::size_t> rows = rows_of(std::max(whole / static_cast<double>(count), kNarrowestRow), cut);
      double width = 0;
      double height = -kBetweenRows;
      for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
        double wide = 0;
        double high = 0;
        for (std::size_t l = rows[i]; l < rows[i + 1]; ++l) {
          wide += widths_[l] + kBetweenLayers;
          high = std::max(high, heights_[l]);
        }
        width = std::max(width, wide);
        height += high + kBetweenRows;
      }
      const double takes = std::max(width, height * wish_.aspect);
      if (takes < least) {
        least = takes;
        best = rows;
      } else if (height * wish_.aspect > 2 * width) {
        break;  // it only gets higher
      }
    }
    return best;
  }

  /// The layers from `begin` to `end`, in one row below `top`; gives where it ends.
  double place_row(std::size_t begin, std::size_t end, double top) {
    for (std::size_t l = begin; l < end; ++l) {
      double y = 0;
      for (const std::size_t node : graph_.layers[l]) {
        top_[node] = y;
        y += height_of(node) + gap(node);
      }
    }
    for (int sweep = 0; sweep < kSweeps; ++sweep)
      for (std::size_t i = begin; i < end; ++i) {
        const bool forward = sweep % 2 == 0;
        straighten(forward ? i : begin + end - 1 - i, forward ? graph_.before : graph_.after, begin, end);
      }
    double highest = std::numeric_limits<double>::infinity();
    for (std::size_t l = begin; l < end; ++l)
      for (const std::size_t node : graph_.layers[l])
        if (!is_bend(node)) highest = std::min(highest, top_[node]);
    double x = 0;
    double bottom = top;
    for (std::size_t l = begin; l < end; ++l) {
      for (const std::size_t node : graph_.layers[l]) {
        if (is_bend(node)) continue;
        corners_[node] = {x, top + std::round((top_[node] - highest) / kGrid) * kGrid};
        bottom = std::max(bottom, corners_[node].y() + height_of(node));
      }
      x += widths_[l] + kBetweenLayers;
    }
    size_ = {std::max(size_.width(), x - kBetweenLayers), bottom};
    return bottom;
  }

  /// Brings each of a layer as near as its fellows allow to where its wires come from: the least squares under an
  /// order, by pooling adjacent violators.
  void straighten(std::size_t layer, const std::vector<std::vector<std::size_t>>& side, std::size_t begin,
                  std::size_t end) {
    struct Block {
      double mean, weight;
      std::size_t count;
    };
    std::vector<Block> blocks;
    double offset = 0;  // of a node from the first, packed as tightly as may be
    std::vector<double> offsets;
    for (const std::size_t node : graph_.layers[layer]) {
      double sum = 0;
      std::size_t count = 0;
      for (const std::size_t other : side[node]) {
        if (graph_.layer[other] < begin || graph_.layer[other] >= end) continue;
        sum += top_[other] + wire(other) - wire(node);
        ++count;
      }
      const double wanted = count == 0 ? top_[node] : sum / static_cast<double>(count);
      Block block{wanted - offset, count == 0 ? 0.05 : is_bend(node) ? 2.0 : 1.0, 1};
      while (!blocks.empty() && blocks.back().mean > block.mean) {
        const Block& last = blocks.back();
        block.mean = (block.mean * block.weight + last.mean * last.weight) / (block.weight + last.weight);
        block.weight += last.weight;
        block.count += last.count;
        blocks.pop_back();
      }
      blocks.push_back(block);
      offsets.push_back(offset);
      offset += height_of(node) + gap(node);
    }
    std::size_t i = 0;
    for (const Block& block : blocks)
      for (std::size_t k = 0; k < block.count; ++k, ++i) top_[graph_.layers[layer][i]] = block.mean + offsets[i];
  }

  std::vector<QSizeF> sizes_;
  const LayoutWish& wish_;
  double begin_;
  double share_;
  Layering graph_;
  std::vector<double> top_;  ///< of nodes and bends, within their row
  std::vector<double> widths_{};
  std::vector<double> heights_{};
  std::vector<QPointF> corners_{};
  QSizeF size_{0, 0};
};

/// The nodes of each connected part, in their order.
std::vector<std::vector<std::size_t>> parts_of(const PlainGraph& graph) {
  std::vector<std::size_t> parent(graph.count);
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  for (const auto& [from, to] : graph.wires) {
    const std::size_t a = root(from);
    const std::size_t b = root(to);
    parent[std::max(a, b)] = std::min(a, b);
  }
  std::vector<std::vector<std::size_t>> parts;
  std::vector<std::size_t> number(graph.count, 0);
  for (std::size_t node = 0; node < graph.count; ++node) {
    const std::size_t first = root(node);
    if (first == node) {
      number[node] = parts.size();
      parts.emplace_back();
    }
    parts[number[first]].push_back(node);
  }
  return parts;
}

/// Parts in shelves, the largest first, so that the whole is about as wide as the view would have it.
std::vector<QPointF> pack(const std::vector<QSizeF>& sizes, double aspect) {
  double area = 0;
  double widest = 0;
  for (const QSizeF& size : sizes) {
    area += (size.width() + kBetweenParts) * (size.height() + kBetweenParts);
    widest = std::max(widest, size.width());
  }
  const double room = std::max(widest, std::sqrt(area * aspect));
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a].height() > sizes[b].height(); });
  std::vector<QPointF> corners(sizes.size());
  QPointF at;
  double shelf = 0;
  for (const std::size_t part : order) {
    if (at.x() > 0 && at.x() + sizes[part].width() > room) at = {0, at.y() + std::exchange(shelf, 0) + kBetweenParts};
    corners[part] = at;
    at.rx() += sizes[part].width() + kBetweenParts;
    shelf = std::max(shelf, sizes[part].height());
  }
  return corners;
}

PlainGraph plain(const std::vector<LayoutNode>& nodes, const std::vector<Link>& links) {
  std::unordered_map<std::string_view, std::size_t> numbers;
  for (std::size_t i = 0; i < nodes.size(); ++i) numbers.emplace(nodes[i].id, i);
  PlainGraph graph{.count = nodes.size()};
  std::set<std::pair<std::size_t, std::size_t>> joined;  // two wires between the same nodes are one
  for (const Link& link : links) {
    const auto from = numbers.find(link.from.node);
    const auto to = numbers.find(link.to.node);
    if (from == numbers.end() || to == numbers.end() || from == to) continue;
    if (joined.emplace(from->second, to->second).second) graph.wires.emplace_back(from->second, to->second);
  }
  return graph;
}

}  // namespace

std::map<std::string, Position> lay_out_in_layers(const std::vector<LayoutNode>& nodes, const std::vector<Link>& links,
                                                  const LayoutWish& wish) {
  const PlainGraph graph = plain(nodes, links);
  const auto parts = parts_of(graph);
  std::vector<std::size_t> part_of(nodes.size());
  std::vector<std::size_t> place_in(nodes.size());
  for (std::size_t p = 0; p < parts.size(); ++p)
    for (std::size_t i = 0; i < parts[p].size(); ++i) {
      part_of[parts[p][i]] = p;
      place_in[parts[p][i]] = i;
    }
  std::vector<PlainGraph> graphs(parts.size());
  for (std::size_t p = 0; p < parts.size(); ++p) graphs[p].count = parts[p].size();
  for (const auto& [from, to] : graph.wires) graphs[part_of[from]].wires.emplace_back(place_in[from], place_in[to]);

  std::vector<std::vector<QPointF>> corners;
  std::vector<QSizeF> sizes;
  std::size_t done = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (wish.stop.stop_requested()) return {};
    std::vector<QSizeF> node_sizes;
    for (const std::size_t node : parts[p]) node_sizes.push_back(nodes[node].size);
    const auto share = [&](std::size_t count) {
      return static_cast<double>(count) / static_cast<double>(nodes.size());
    };
    const Part part(graphs[p], std::move(node_sizes), wish, share(done), share(parts[p].size()));
    corners.push_back(part.corners());
    sizes.push_back(part.size());
    done += parts[p].size();
  }
  if (wish.stop.stop_requested()) return {};
  const std::vector<QPointF> shelves = pack(sizes, wish.aspect);
  std::map<std::string, Position> places;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const QPointF at = snapped(shelves[part_of[i]] + corners[part_of[i]][place_in[i]]);
    places[nodes[i].id] = {at.x(), at.y()};
  }
  return places;
}

}  // namespace feedline::gui::inline canvas
