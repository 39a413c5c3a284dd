// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/record_walk.h"

#include "base/machine_fault.h"
#include "engine/guarded.h"
#include "graph/flatten.h"
#include "graph/path.h"
#include "graph/rewire.h"
#include "plan/open_source.h"

#include <algorithm>

namespace feedline {
namespace {

bool is_data(Role role) {
  return role == Role::Source || role == Role::Sampler || role == Role::Sample || role == Role::Batch;
}

}  // namespace

Result<std::shared_ptr<const Source>> SourceKeeper::open(const NodeSpec& spec, const ParamMap& params,
                                                         const SourceContext& context) {
  if (source_ != nullptr && type_ == spec.type && params_ == params) return source_;
  source_.reset();
  auto opened = open_source(spec, params, context);
  if (!opened) return fail(std::move(opened.error()));
  type_ = spec.type;
  params_ = params;
  source_ = std::move(*opened);
  return source_;
}

Result<std::unique_ptr<RecordWalk>> RecordWalk::open(const Document& document, const std::string& node,
                                                     SourceKeeper& sources, const SourceContext& context,
                                                     const Registry& registry) {
  if (document.find(node) == nullptr)
    return fail(Error{.reason = "the graph has no node of this name", .remedy = "Choose another node", .node = node});
  std::unique_ptr<RecordWalk> walk(new RecordWalk(flatten(document, registry), node, registry));
  if (Status ready = walk->prepare(sources, context); !ready) {
    ready.error().node = drawn_path(ready.error().node);
    return fail(std::move(ready.error()));
  }
  return walk;
}

/// The running node that was drawn, or those whose values it passes on.
Status RecordWalk::find_shown() {
  for (const Node& node : document_.nodes())
    if (node_ == nullptr && (node.id == wanted_ || drawn_path(node.id) == wanted_)) node_ = &node;
  if (node_ != nullptr) {
    if (const auto type = spec_of(*node_, registry_))
      for (const PortSpec& port : type->outputs) shown_.push_back({port.name, {node_->id, port.name}});
    return {};
  }
  for (const auto& [drawn, running] : flat_.same)
    if (drawn.node == wanted_) shown_.push_back({drawn.port, running});
  if (!shown_.empty()) {
    node_ = document_.find(shown_.front().from.node);
    return {};
  }
  for (const Problem& problem : flat_.problems)
    if (problem.error.node == wanted_) return fail(problem.error);
  return fail(Error{.reason = "nothing leaves this node yet", .remedy = "Wire what it passes on", .node = wanted_});
}

Status RecordWalk::prepare(SourceKeeper& sources, const SourceContext& context) {
  if (Status found = find_shown(); !found) return found;
  analysis_ = analyse(document_, {}, registry_);
  if (Status found = find_way(analysis_); !found) return found;
  ProbedSources probed;
  if (Status opened = open_source(sources, context, probed); !opened) return opened;
  analysis_ = analyse(document_, probed, registry_);
  if (Status found = find_way(analysis_); !found) return found;
  if (Status made = make_steps(); !made) return made;
  link_partial_steps();
  find_seed();
  return {};
}

/// The nodes that the wanted one needs, all of them free of errors.
Status RecordWalk::find_way(const Analysis& analysis) {
  const auto blame = [&](const std::string& id) -> Status {
    for (const Problem& problem : analysis.problems)
      if (problem.severity == Problem::Severity::Error && problem.error.node == id) return fail(problem.error);
    return {};
  };
  if (Status fine = blame(node_->id); !fine) return fine;  // of unknown type, for one
  const Role role = spec().role;
  if (!is_data(role) && role != Role::Layer && role != Role::Loss)
    return fail(Error{.reason = "nothing leaves this node for a single record",
                      .remedy = "Choose a source, a preprocessing node, a batch, a layer or the loss",
                      .node = node_->id});
  lowering_ = std::make_unique<Lowering>(document_, analysis_, registry_);
  std::set<std::string, std::less<>> seen;
  std::vector<const Node*> open = {node_};
  for (const Shown& one : shown_) open.push_back(document_.find(one.from.node));
  while (!open.empty()) {
    const Node* next = open.back();
    open.pop_back();
    if (!seen.insert(next->id).second) continue;
    if (Status fine = blame(next->id); !fine) return fine;
    for (const PortSpec& port : lowering_->spec(*next).inputs)
      if (const PortRef* from = lowering_->into(*next, port.name)) open.push_back(document_.find(from->node));
  }
  way_.clear();
  for (const std::size_t index : analysis.order)
    if (seen.contains(document_.nodes()[index].id)) way_.push_back(&document_.nodes()[index]);
  return {};
}

Status RecordWalk::open_source(SourceKeeper& sources, const SourceContext& context, ProbedSources& probed) {
  for (const Node* node : way_) {
    const NodeSpec& type = lowering_->spec(*node);
    if (type.role != Role::Source) continue;
    auto opened = sources.open(type, type.complete(node->params), context);
    if (!opened) return fail(std::move(opened.error()).at_node(node->id));
    if ((*opened)->size() == 0)
      return fail(
          Error{.reason = "the source has no records", .remedy = "Choose one that is not empty", .node = node->id});
    source_node_ = node;
    source_ = std::move(*opened);
    probed.emplace(node->id, source_->outputs());
    return {};
  }
  return fail(Error{.reason = "no source feeds it", .remedy = "Wire a source to it", .node = node_->id});
}

Status RecordWalk::make_steps() {
  steps_.clear();
  for (const Node* node : way_) {
    const NodeSpec& type = lowering_->spec(*node);
    if (!is_data(type.role)) continue;
    Step& step = steps_.emplace_back(Step{.node = node, .spec = &type});
    if (type.role != Role::Sample) continue;
    const std::vector<const TensorDesc*> inputs = lowering_->inputs(*node);
    auto op = type.sample_op(type.complete(node->params), inputs);
    if (!op) return fail(std::move(op.error()).at_node(node->id));
    step.op = std::move(*op);
  }
  return {};
}

/// As in a plan: a step that can read less than its whole picture is told who alone reads it. The wanted node itself
/// is shown whole.
void RecordWalk::link_partial_steps() {
  for (Step& step : steps_) {
    if (step.op == nullptr || !step.op->partial() || step.spec->outputs.size() != 1 || step.node == node_) continue;
    const PortRef out{step.node->id, step.spec->outputs.front().name};
    std::size_t readers = 0;
    const Link* only = nullptr;
    for (const Link& link : document_.links())
      if (link.from == out) {
        ++readers;
        only = &link;
      }
    if (readers != 1) continue;
    for (const Step& reader : steps_)
      if (reader.node->id == only->to.node && reader.op != nullptr && reader.spec->input(only->to.port) == 0)
        step.next = &reader;
  }
}

void RecordWalk::find_seed() {
  seed_ = static_cast<std::uint64_t>(TrainerSettings{}.seed);
  for (const Node& node : document_.nodes()) {
    const NodeSpec* type = registry_.find(node.type);
    if (type == nullptr || type->role != Role::Trainer) continue;
    const ParamMap params = type->complete(node.params);
    if (const auto seed = params.find("seed"); seed != params.end())
      if (const auto* number = std::get_if<std::int64_t>(&seed->second)) seed_ = static_cast<std::uint64_t>(*number);
  }
}

Datum& RecordWalk::make(const PortRef& port) {
  Datum& value = values_.emplace_back();
  at_[port] = &value;
  return value;
}

const Datum* RecordWalk::at(const PortRef& port) const {
  const auto found = at_.find(port);
  return found == at_.end() ? nullptr : found->second;
}

OpContext RecordWalk::context_of(const Step& step, const PreviewRequest& request) const {
  return {.rng = Rng(seed_, request.epoch, record_, stream_of(*step.node)),
          .training = request.training,
          .record = record_};
}

Status RecordWalk::walk(const PreviewRequest& request, const std::stop_token& stop) {
  if (request.record >= source_->size())
    return fail(Error{.reason = "there is no record " + std::to_string(request.record) + ": the source has " +
                                std::to_string(source_->size()) + ", counted from 0",
                      .node = drawn_path(source_node_->id)});
  at_.clear();
  values_.clear();
  record_ = request.record;
  for (Step& step : steps_) {
    if (stop.stop_requested()) return fail_cancelled();
    Status done;
    if (step.node == source_node_) {
      done = patiently(stop, [&] { return read(request); });
    } else if (step.op != nullptr) {
      done = patiently(stop, [&] { return run(step, request); });
    } else {
      pass_on(step);
    }
    if (done) continue;
    if (stop.stop_requested()) return fail_cancelled();
    Error error = std::move(done.error());
    error.code = ErrorCode::BadRecord;
    if (error.file.empty()) error.file = source_->locate(record_);
    return fail(std::move(error).at_node(drawn_path(step.node->id)));
  }
  return {};
}

Status RecordWalk::read(const PreviewRequest& request) {
  std::vector<Datum*> out;
  for (const PortSpec& port : lowering_->spec(*source_node_).outputs)
    out.push_back(&make({source_node_->id, port.name}));
  return guarded([&] { return source_->read(request.record, out); });
}

Status RecordWalk::run(Step& step, const PreviewRequest& request) {
  std::vector<const Datum*> in;
  for (const PortSpec& port : step.spec->inputs) {
    const PortRef* from = lowering_->into(*step.node, port.name);
    in.push_back(from == nullptr ? nullptr : at(*from));
  }
  std::vector<Datum*> out;
  for (const PortSpec& port : step.spec->outputs) out.push_back(&make({step.node->id, port.name}));
  OpContext context = context_of(step, request);
  std::optional<NextNode> next;
  if (step.next != nullptr) next.emplace(*step.next->op, context_of(*step.next, request));
  if (next) context.next = &*next;
  return guarded([&] { return step.op->run(in, out, context); });
}

/// A sampler or a batch node: what enters a port leaves the port of the same name.
void RecordWalk::pass_on(const Step& step) {
  for (const PortSpec& port : step.spec->outputs)
    if (const PortRef* from = lowering_->into(*step.node, port.name))
      if (const Datum* value = at(*from)) at_[{step.node->id, port.name}] = value;
}

PreviewValue RecordWalk::value(const PortRef& port) const {
  PreviewValue value{.port = port.port};
  if (const TensorDesc* desc = analysis_.at(port)) value.desc = *desc;
  const Datum* datum = at(port);
  if (datum == nullptr) return value;
  value.desc.dtype = datum->dtype();
  value.desc.layout = datum->layout();
  value.desc.shape.assign(datum->dims().begin(), datum->dims().end());
  value.data.assign(datum->span().begin(), datum->span().end());
  return value;
}

void RecordWalk::describe(Preview& preview) const {
  preview.node = wanted_;
  preview.record = record_;
  preview.records = source_->size();
  preview.where = source_->locate(record_);
  for (const Step& step : steps_) preview.random |= step.spec->random;
  const std::vector<PortSpec>& ports = lowering_->spec(*source_node_).outputs;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const Datum* datum = at({source_node_->id, ports[i].name});
    const TensorDesc& desc = source_->outputs()[i];
    if (desc.kind != Kind::Label || datum == nullptr || datum->dtype() != DType::I64 || datum->bytes() != 8) continue;
    preview.label = datum->label();
    if (*preview.label >= 0 && static_cast<std::size_t>(*preview.label) < desc.class_names.size())
      preview.class_name = desc.class_names[static_cast<std::size_t>(*preview.label)];
  }
}

}  // namespace feedline
