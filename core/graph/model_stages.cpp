// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/model_stages.h"

#include "base/numbers.h"
#include "graph/learner_input.h"
#include "schema/optimizer.h"

#include <algorithm>
#include <string>
#include <vector>

namespace feedline::inline graph {
namespace {

class StagePlacing {
 public:
  StagePlacing(const Wiring& wiring, std::span<const std::size_t> order, std::size_t trainer, Analysis& analysis)
      : wiring_(wiring), order_(order), trainer_(trainer), analysis_(analysis) {}

  void run(const std::vector<std::string>& cuts) {
    mark_network();
    if (std::find(network_.begin(), network_.end(), true) == network_.end()) return;  // told elsewhere
    place(cuts);
    if (!check_cuts(cuts) || !check_layers(cuts)) return;
    for (const std::size_t node : order_)
      if (network_[node]) analysis_.stages.emplace(id(node), StageSpan{stage_[node], stage_[node]});
  }

 private:
  [[nodiscard]] const std::string& id(std::size_t node) const { return wiring_.nodes()[node].id; }
  [[nodiscard]] bool is_layer(std::size_t node) const { return wiring_.spec(node)->role == Role::Layer; }

  void refuse(std::string reason, std::string remedy) {
    analysis_.problems.push_back(
        {Problem::Severity::Error,
         Error{.reason = std::move(reason), .remedy = std::move(remedy), .node = id(trainer_), .parameter = "stages"}});
  }

  /// Layers and losses above the trainer's loss.
  void mark_network() {
    network_.assign(wiring_.nodes().size(), false);
    stage_.assign(wiring_.nodes().size(), 0);
    for (const std::size_t wire : wiring_.wires_into(trainer_))
      if (wiring_.links()[wire].to.port == kLossInput) open_.push_back(wiring_.from(wire));
    while (!open_.empty()) {
      const std::size_t node = open_.back();
      open_.pop_back();
      const NodeSpec* spec = wiring_.spec(node);
      if (spec == nullptr || network_[node] || (spec->role != Role::Layer && spec->role != Role::Loss)) continue;
      network_[node] = true;
      for (const std::size_t wire : wiring_.wires_into(node)) open_.push_back(wiring_.from(wire));
    }
  }

  void place(const std::vector<std::string>& cuts) {
    matched_.assign(cuts.size(), false);
    for (const std::size_t node : order_) {
      if (!network_[node]) continue;
      for (const std::size_t wire : wiring_.wires_into(node))
        if (network_[wiring_.from(wire)]) stage_[node] = std::max(stage_[node], stage_[wiring_.from(wire)]);
      if (!is_layer(node)) continue;
      for (std::size_t cut = 0; cut < cuts.size(); ++cut) {
        if (!matches_layer(cuts[cut], id(node))) continue;
        matched_[cut] = true;
        stage_[node] = std::max(stage_[node], cut + 1);
      }
    }
  }

  bool check_cuts(const std::vector<std::string>& cuts) {
    for (std::size_t cut = 0; cut < cuts.size(); ++cut) {
      if (matched_[cut]) continue;
      std::vector<std::string> names;
      for (const std::size_t node : order_)
        if (network_[node] && is_layer(node)) names.push_back(id(node));
      refuse("'" + cuts[cut] + "' is the name of no layer between the batch and the loss",
             "Name one of " + numbers::listed(names, 10));
      return false;
    }
    return true;
  }

  bool check_layers(const std::vector<std::string>& cuts) {
    std::vector<bool> has(cuts.size() + 1, false);
    for (const std::size_t node : order_) {
      if (!network_[node]) continue;
      if (is_layer(node)) has[stage_[node]] = true;
      if (!wiring_.spec(node)->mixes_rows) continue;
      analysis_.problems.push_back(
          {Problem::Severity::Error, Error{.reason = "it mixes the rows of a whole batch, of which a stage sees a "
                                                     "micro-batch at a time",
                                           .remedy = "Remove it, or clear stages of " + id(trainer_),
                                           .node = id(node)}});
      return false;
    }
    const auto without = std::find(has.begin(), has.end(), false);
    if (without == has.end()) return true;
    const auto stage = static_cast<std::size_t>(without - has.begin());
    refuse("stage " + std::to_string(stage + 1) + " has no layer: " +
               (stage == 0 ? "the network begins at '" + cuts.front() + "'"
                           : "all that lies behind '" + cuts[stage - 1] + "' belongs to a later one"),
           "Name the layers where a stage begins in the order from the batch to the loss");
    return false;
  }

  const Wiring& wiring_;
  std::span<const std::size_t> order_;
  std::size_t trainer_;
  Analysis& analysis_;
  std::vector<std::size_t> open_{};
  std::vector<bool> network_{};       ///< by node: it is part of it
  std::vector<std::size_t> stage_{};  ///< by node
  std::vector<bool> matched_{};       ///< by cut
};

}  // namespace

void place_stages(const Wiring& wiring, std::span<const std::size_t> order, Analysis& analysis) {
  for (std::size_t node = 0; node < wiring.nodes().size(); ++node) {
    const NodeSpec* spec = wiring.spec(node);
    if (spec == nullptr || spec->role != Role::Trainer || !spec->trainer) continue;
    const TrainerSettings settings = spec->trainer(spec->complete(wiring.nodes()[node].params));
    if (settings.stages.empty()) continue;
    StagePlacing(wiring, order, node, analysis).run(settings.stages);
    return;  // of a second trainer it is told that there may be one
  }
}

}  // namespace feedline::inline graph
