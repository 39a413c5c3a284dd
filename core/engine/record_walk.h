// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/lowering.h"
#include "engine/plan.h"
#include "engine/preview.h"

#include <deque>
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

/// Carries single records through the data side of a graph as far as one node, as a run would: with the same seed and
/// the same random numbers. It needs no finished graph: only what lies upstream of the node has to be right.
class RecordWalk {
 public:
  /// Opens the source upstream of `node`. Errors: there is no such node, nothing leaves it for a single record, no
  /// source feeds it, a node on the way has a problem, the source cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<RecordWalk>> open(const Document& document, const std::string& node,
                                                                SourceKeeper& sources, const SourceContext& context,
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

  RecordWalk(Document document, const Registry& registry) : document_(std::move(document)), registry_(registry) {}
  Status prepare(const std::string& node, SourceKeeper& sources, const SourceContext& context);
  Status find_way(const Analysis& analysis);
  Status open_source(SourceKeeper& sources, const SourceContext& context, ProbedSources& probed);
  Status make_steps();
  void link_partial_steps();
  void find_seed();
  [[nodiscard]] OpContext context_of(const Step& step, const PreviewRequest& request) const;
  Status read(const PreviewRequest& request);
  Status run(Step& step, const PreviewRequest& request);
  void pass_on(const Step& step);
  Datum& make(const PortRef& port);

  Document document_;
  const Registry& registry_;
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
