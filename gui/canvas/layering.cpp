// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/layering.h"

#include <algorithm>
#include <cstdint>

namespace feedline::gui::inline canvas {
namespace {

constexpr std::size_t kLongestBent = 16;  // layers; a wire that goes farther leaves its row anyway
constexpr int kOrderSweeps = 12;

using Neighbours = std::vector<std::vector<std::size_t>>;

/// Turns round every wire that closes a cycle: one that leads back to a node which is being left.
void open_cycles(const PlainGraph& graph, std::vector<std::pair<std::size_t, std::size_t>>& wires) {
  enum class State : std::uint8_t { New, Open, Done };
  Neighbours out(graph.count);  // indices of wires
  for (std::size_t w = 0; w < wires.size(); ++w) out[wires[w].first].push_back(w);
  std::vector<State> state(graph.count, State::New);
  std::vector<std::pair<std::size_t, std::size_t>> path;  // node, next of its wires
  std::vector<std::size_t> turned;
  for (std::size_t start = 0; start < graph.count; ++start) {
    if (state[start] != State::New) continue;
    state[start] = State::Open;
    path.emplace_back(start, 0);
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == out[node].size()) {
        state[node] = State::Done;
        path.pop_back();
        continue;
      }
      const std::size_t wire = out[node][next++];
      const std::size_t to = wires[wire].second;
      if (state[to] == State::Open) turned.push_back(wire);
      if (state[to] != State::New) continue;
      state[to] = State::Open;
      path.emplace_back(to, 0);
    }
  }
  for (const std::size_t wire : turned) std::swap(wires[wire].first, wires[wire].second);
}

/// The longest path to each node; then what feeds more than feeds it moves as near to its reader as it can.
std::vector<std::size_t> find_ranks(std::size_t count, const std::vector<std::pair<std::size_t, std::size_t>>& wires) {
  Neighbours out(count);
  std::vector<std::size_t> fed_by(count, 0);
  for (const auto& [from, to] : wires) {
    out[from].push_back(to);
    ++fed_by[to];
  }
  std::vector<std::size_t> waits = fed_by;
  std::vector<std::size_t> order;
  for (std::size_t node = 0; node < count; ++node)
    if (waits[node] == 0) order.push_back(node);
  std::vector<std::size_t> rank(count, 0);
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const std::size_t to : out[order[i]]) {
      rank[to] = std::max(rank[to], rank[order[i]] + 1);
      if (--waits[to] == 0) order.push_back(to);
    }
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    if (out[*node].size() <= fed_by[*node]) continue;
    std::size_t nearest = rank[out[*node].front()];
    for (const std::size_t to : out[*node]) nearest = std::min(nearest, rank[to]);
    rank[*node] = nearest - 1;
  }
  const std::size_t least = *std::min_element(rank.begin(), rank.end());
  for (std::size_t& r : rank) r -= least;
  return rank;
}

void add_bends(Layering& all, std::size_t count) {
  std::size_t most = 4 * count + 1000;
  for (const auto& [from, to] : all.wires) {
    const std::size_t span = all.layer[to] - all.layer[from];
    if (span > 1 && (span > kLongestBent || most < span)) continue;
    most -= span - 1;
    std::size_t last = from;
    for (std::size_t step = 1; step <= span; ++step) {
      std::size_t next = to;
      if (step < span) {
        next = all.layer.size();
        all.layer.push_back(all.layer[from] + step);
        all.before.emplace_back();
        all.after.emplace_back();
      }
      all.after[last].push_back(next);
      all.before[next].push_back(last);
      last = next;
    }
  }
}

/// Along the wires from the first node on, so that what belongs together stands together at the start.
void fill_layers(Layering& all) {
  all.layers.resize(all.layer.empty() ? 0 : *std::max_element(all.layer.begin(), all.layer.end()) + 1);
  std::vector<bool> seen(all.layer.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t start = 0; start < all.layer.size(); ++start) {
    if (seen[start]) continue;
    seen[start] = true;
    open.push_back(start);
    while (!open.empty()) {
      const std::size_t node = open.back();
      open.pop_back();
      all.layers[all.layer[node]].push_back(node);
      for (const Neighbours* side : {&all.before, &all.after})
        for (auto next = (*side)[node].rbegin(); next != (*side)[node].rend(); ++next) {
          if (seen[*next]) continue;
          seen[*next] = true;
          open.push_back(*next);
        }
    }
  }
}

/// Crossings between this layer and the next, by inserting ends into a Fenwick tree (Barth, Jünger, Mutzel 2002).
std::size_t crossings(const Layering& all, const std::vector<std::size_t>& place, std::size_t layer) {
  if (all.layers[layer].size() < 2 || all.layers[layer + 1].size() < 2) return 0;
  std::vector<std::size_t> tree(all.layers[layer + 1].size() + 1, 0);
  std::size_t seen = 0;
  std::size_t count = 0;
  for (const std::size_t node : all.layers[layer]) {
    for (const std::size_t to : all.after[node]) {
      std::size_t not_after = 0;
      for (std::size_t i = place[to] + 1; i > 0; i -= i & (~i + 1)) not_after += tree[i];
      count += seen - not_after;
    }
    for (const std::size_t to : all.after[node]) {
      for (std::size_t i = place[to] + 1; i < tree.size(); i += i & (~i + 1)) ++tree[i];
      ++seen;
    }
  }
  return count;
}

class Orderer {
 public:
  explicit Orderer(Layering& all) : all_(all), place_(all.layer.size(), 0) {
    for (std::size_t l = 0; l < all_.layers.size(); ++l) number(l);
  }

  void run(const std::stop_token& stop, const std::function<void(double done)>& progress) {
    auto best = all_.layers;
    std::size_t fewest = count();
    for (int sweep = 0; sweep < kOrderSweeps && fewest > 0 && !stop.stop_requested(); ++sweep) {
      progress(static_cast<double>(sweep) / kOrderSweeps);
      const std::size_t last = all_.layers.size() - 1;
      for (std::size_t i = 1; i <= last; ++i) {
        const bool forward = sweep % 2 == 0;
        sort(forward ? i : last - i, forward ? all_.before : all_.after);
      }
      const std::size_t now = count();
      if (now >= fewest) continue;
      fewest = now;
      best = all_.layers;
    }
    all_.layers = std::move(best);
  }

 private:
  void number(std::size_t layer) {
    for (std::size_t i = 0; i < all_.layers[layer].size(); ++i) place_[all_.layers[layer][i]] = i;
  }
  [[nodiscard]] std::size_t count() const {
    std::size_t sum = 0;
    for (std::size_t l = 0; l + 1 < all_.layers.size(); ++l) sum += crossings(all_, place_, l);
    return sum;
  }
  /// By the mean place of neighbours on one side; what has none stays where it is.
  void sort(std::size_t layer, const Neighbours& side) {
    auto& nodes = all_.layers[layer];
    if (nodes.size() < 2) return;
    std::vector<std::pair<double, std::size_t>> keyed;
    for (const std::size_t node : nodes) {
      double sum = 0;
      for (const std::size_t other : side[node]) sum += static_cast<double>(place_[other]);
      keyed.emplace_back(
          side[node].empty() ? static_cast<double>(place_[node]) : sum / static_cast<double>(side[node].size()), node);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = keyed[i].second;
    number(layer);
  }

  Layering& all_;
  std::vector<std::size_t> place_;
};

}  // namespace

Layering find_layers(const PlainGraph& graph, const std::stop_token& stop,
                     const std::function<void(double done)>& progress) {
  Layering all;
  all.wires = graph.wires;
  open_cycles(graph, all.wires);
  all.layer = find_ranks(graph.count, all.wires);
  all.before.resize(graph.count);
  all.after.resize(graph.count);
  add_bends(all, graph.count);
  fill_layers(all);
  Orderer(all).run(stop, progress);
  return all;
}

}  // namespace feedline::gui::inline canvas
