// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "schema/behaviour.h"

#include <string>
#include <vector>

namespace feedline::inline tuning {

/// What learns in a graph: the nodes between its batches and its trainer, and every wire that begins or ends at one of
/// them. Another part that is wired to the same batches and the same trainer can take its place.
struct ModelPart {
  std::vector<Node> nodes{};
  std::vector<Link> links{};
};

/// What learns in a graph as it is drawn, and from what.
struct DrawnModel {
  std::string trainer{};
  std::vector<PortRef> features{};  ///< outputs of the batch that it reads; where it reads none, those that are wired
  PortRef target{};                 ///< output of the batch that it is to predict
  TargetKind compares = TargetKind::Classes;  ///< how the target is read
  bool network = true;                        ///< false: an estimator learns
  std::string learner{};                      ///< the node that is wired to the trainer: a loss or an estimator
  ModelPart part{};
};

/// Finds it. Errors name the node and a remedy: no trainer on the canvas, nothing learns, no batch or more than one
/// target feeds it, a sub-graph that holds both data and layers.
[[nodiscard]] Result<DrawnModel> drawn_model(const Document& document);

/// The one edit that takes out what learns in the graph and puts `part` in its place; ids that are taken are changed.
/// Errors: as of drawn_model(); what the part is wired to is not there.
[[nodiscard]] Result<Edit> replace_model(const Document& document, const ModelPart& part);

}  // namespace feedline::inline tuning
