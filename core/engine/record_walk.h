// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/preview.h"
#include "graph/flatten.h"
#include "plan/lowering.h"
#include "plan/plan.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace feedline {

/// Keeps the source that was opened last, so that looking at one record after the other opens it once.
class SourceKeeper {
 public:
  /// The source of this node, opened now if it is not the one that is kept.
  [[nodiscard]] Result<std::shared_ptr<const Source>> open(const NodeSpec& spec, const ParamMap& params,
                                                           const SourceContext& context);

 private:
  std::string type_{};
  ParamMap params_{};
  std::shared_ptr<const Source> source_{};
};

/// Gives what a fitted node has learnt, by its name in the flat document.
using LearntBy = std::function<Result<std::shared_ptr<const NamedTensors>>(const std::string& node)>;

/// Carries single records through the data side of a graph as far as one node, as a run would: with the same seed and
/// the same random numbers. It needs no finished graph: only what lies upstream of the node has to be right. A node in
/// a sub-graph is named by its path, and seen in the first copy of one that repeats; what leaves a sub-graph or a muted
/// node is what its outputs pass on.
class RecordWalk {
 public:
  /// Opens the source upstream of `node`. Errors: there is no such node, nothing leaves it for a single record, no
  /// source feeds it, a node on the way has a problem, the source cannot be opened. Fitted nodes are bound to what
  /// `learnt` says; where it is empty, they are an error.
  [[nodiscard]] static Result<std::unique_ptr<RecordWalk>> open(const Document& document, const std::string& node,
                                                                SourceKeeper& sources, const SourceContext& context,
                                                                const LearntBy& learnt = {},
                                                                const Registry& registry = Registry::instance());

  /// Reads the record and runs all nodes of the data side that the wanted one needs. Errors: there is no such record,
  /// it is unreadable, a node refuses it (node, file, reason), stopped.
  [[nodiscard]] Status walk(const PreviewRequest& request, const std::stop_token& stop);
  /// What leaves a port of a node that was walked through; null if nothing does.
  [[nodiscard]] const Datum* at(const PortRef& port) const;
  /// The same by value, described exactly.
  [[nodiscard]] PreviewValue value(const PortRef& port) const;
  /// The record's label by the source.
  void describe(Preview& preview) const;

  /// What leaves the wanted node: by the name of its port, and where that value comes from.
  struct Shown {
    std::string port{};
    PortRef from{};
  };
  [[nodiscard]] const std::vector<Shown>& shown() const { return shown_; }

  /// The node that gives the first of these values.
  [[nodiscard]] const Node& node() const { return *node_; }
  [[nodiscard]] const NodeSpec& spec() const { return *registry_.find(node_->type); }
  [[nodiscard]] const Lowering& lowering() const { return *lowering_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

 private:
  struct Step {
    const Node* node = nullptr;
    const NodeSpec* spec = nullptr;
    std::unique_ptr<SampleOp> op{};
    const Step* next = nullptr;  ///< see PlanStep::next
  };

  RecordWalk(Flat flat, std::string wanted, const Registry& registry)
      : flat_(std::move(flat)), document_(flat_.document), wanted_(std::move(wanted)), registry_(registry) {}
  Status prepare(SourceKeeper& sources, const SourceContext& context, const LearntBy& learnt);
  Status find_shown();
  Status find_way(const Analysis& analysis);
  Status open_source(SourceKeeper& sources, const SourceContext& context, ProbedSources& probed);
  Status make_steps(const LearntBy& learnt);
  [[nodiscard]] Result<std::unique_ptr<SampleOp>> make_op(const Node& node, const LearntBy& learnt) const;
  void link_partial_steps();
  void find_seed();
  [[nodiscard]] OpContext context_of(const Step& step, const PreviewRequest& request) const;
  Status read(const PreviewRequest& request);
  Status run(Step& step, const PreviewRequest& request);
  void pass_on(const Step& step);
  Datum& make(const PortRef& port);

  Flat flat_;
  const Document& document_;  ///< the flat one
  std::string wanted_;        ///< as drawn
  const Registry& registry_;
  std::vector<Shown> shown_{};
  const Node* node_ = nullptr;
  Analysis analysis_{};
  std::unique_ptr<Lowering> lowering_{};
  std::vector<const Node*> way_{};  ///< the node and all upstream of it, in running order
  std::deque<Step> steps_{};        ///< of the data side, in running order
  const Node* source_node_ = nullptr;
  std::shared_ptr<const Source> source_{};
  std::uint64_t seed_ = 1;
  std::uint64_t record_ = 0;
  std::deque<Datum> values_{};
  std::map<PortRef, const Datum*> at_{};
};

}  // namespace feedline
