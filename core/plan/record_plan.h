// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "plan/plan.h"
#include "plan/source_keeper.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline plan {

/// What a single record goes through as far as one node: that node's plan, where a run's is that of a whole graph.
struct RecordPlan {
  /// The layers as far as the wanted one, in a graph with or without a trainer. Inputs from the batch are `values`.
  struct Model {
    ModelPlan plan{};
    std::optional<std::size_t> layer{};  ///< the wanted one; none: the loss
    std::string port{};                  ///< by which its value leaves the wanted node
  };
  /// A value that is shown, or read by the model.
  struct Value {
    std::size_t data = 0;   ///< index into `data`
    std::size_t field = 0;  ///< of that plan
  };

  std::string node{};            ///< the wanted one, as it was drawn
  std::vector<DataPlan> data{};  ///< at least one; all of one source. They hold no step that no value needs.
  std::vector<Value> values{};   ///< what leaves the wanted node, in the order of its outputs
  std::optional<Model> model{};  ///< set: the wanted node is a layer or the loss
};

/// Which node is to be seen, and how.
struct RecordView {
  std::string node{};    ///< id or path
  bool training = true;  ///< false: random nodes take their fixed form, as on validation records
};

/// Lowers a graph as far as one node, which may be anywhere in it. Where the graph runs as it is, the values are those
/// of its run: the steps are taken from the plan of the batch that the trainer learns from, or of that which it
/// validates on (whichever `training` says, where the node leads to both), with its random streams and with what it
/// knows of partial reading; labels count classes as training does. A value that a run reads only in part is shown
/// whole. What no run computes is lowered by itself: only what lies upstream of the node has to be right.
///
/// A node in a sub-graph is named by its path, and seen in the first copy of one that repeats; what leaves a sub-graph
/// or a muted node is what its outputs pass on.
///
/// `learnt` is asked only where the node or one upstream of it learns from the training records (schema/fitted.h): for
/// what the nodes of the flat document have learnt, by id. Without an answer for one of them the plan cannot be made.
///
/// Opens the source upstream (and training's, for a node of validation alone), which may take long. Errors: there is
/// no such node, nothing leaves it for a single record, no source feeds it, a node on the way has a problem, the source
/// cannot be opened, sizes of layers are not known, stopped, those of `learnt`; nodes are named as they were drawn.
[[nodiscard]] Result<RecordPlan> make_record_plan(const Document& document, const RecordView& view,
                                                  SourceKeeper& sources, const SourceContext& context,
                                                  const std::function<Result<LearntStates>()>& learnt,
                                                  const Registry& registry = Registry::instance());

}  // namespace feedline::inline plan
