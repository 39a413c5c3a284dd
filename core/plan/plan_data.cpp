// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"
#include "plan/balanced_draw.h"
#include "plan/fitting.h"
#include "plan/lowering.h"
#include "plan/record_split.h"

#include <utility>

namespace feedline::inline plan {
namespace {

/// Streams of the seed's permutations: epochs count from 1, so 0 is free for the split.
constexpr std::uint32_t kSplitStream = 0;

class DataLowering {
 public:
  DataLowering(const Lowering& lowering, const OpenSource& source, const LearningSettings& learning, bool training)
      : lowering_(lowering), steps_(lowering) {
    plan_.training = training;
    plan_.seed = static_cast<std::uint64_t>(learning.seed);
    plan_.source_node = source.node->id;
    plan_.source_type = source.node->type;
    plan_.source = source.source;
    plan_.sampler.seed = plan_.seed;
    plan_.sampler.source_size = plan_.sampler.count = source.source->size();
  }

  Result<LoweredData> as_far_as(const Node& batch, const std::vector<std::string>& fields) {
    plan_.batch_node = batch.id;
    plan_.batch = lowering_.spec(batch).batch(lowering_.spec(batch).complete(batch.params));
    std::vector<PortRef> values;
    for (const std::string& field : fields) {
      const PortRef* from = lowering_.into(batch, field);
      if (from == nullptr)
        return fail(Error{.reason = "the model reads '" + field + "', but no wire enters it here",
                          .remedy = "Wire the same kind of value as at the training batch",
                          .node = batch.id,
                          .port = field});
      values.push_back(*from);
    }
    if (Status ok = add_all(values); !ok) return fail(std::move(ok.error()));
    for (const std::string& field : fields)
      if (Status ok = add_field(batch, field); !ok) return fail(std::move(ok.error()));
    return finish();
  }

  Result<LoweredData> as_far_as(const std::vector<PortRef>& values) {
    plan_.batch.size = 1;
    if (Status ok = add_all(values); !ok) return fail(std::move(ok.error()));
    for (const PortRef& value : values) {
      const TensorDesc* record = lowering_.analysis().at(value);
      plan_.fields.push_back({.name = value.port,
                              .slot = steps_.at(value).value(),
                              .record = record == nullptr ? TensorDesc{} : *record,
                              .batch = {}});
    }
    return finish();
  }

 private:
  Status add_all(const std::vector<PortRef>& values) {
    const Needed needed = needed_for(lowering_, values);
    for (const std::size_t index : lowering_.analysis().order)
      if (const Node& node = lowering_.document().nodes()[index]; needed.nodes.contains(node.id))
        if (Status ok = add(node, needed); !ok) return ok;
    return {};
  }

  Status add(const Node& node, const Needed& needed) {
    const NodeSpec& spec = lowering_.spec(node);
    switch (spec.role) {
      case Role::Source:
        for (const PortSpec& port : spec.outputs) {
          const PortRef out{node.id, port.name};
          plan_.source_outputs.push_back(needed.ports.contains(out) ? std::optional(steps_.add(out)) : std::nullopt);
        }
        return {};
      case Role::Sampler:
        plan_.sampler.shuffle = plan_.training && spec.sampler(spec.complete(node.params)).shuffle;
        steps_.pass_on(node);
        return {};
      case Role::Sample: {
        auto step = steps_.step(node);
        if (!step) return fail(std::move(step.error()));
        plan_.steps.push_back(std::move(*step));
        return {};
      }
      default:
        return fail(Error{.reason = "a " + spec.type + " node cannot work on single records", .node = node.id});
    }
  }

  Status add_field(const Node& at, const std::string& name) {
    const PortRef& from = *lowering_.into(at, name);
    const TensorDesc* record = lowering_.analysis().at(from);
    const TensorDesc* batch = lowering_.analysis().at({at.id, name});
    if (record == nullptr || batch == nullptr)
      return fail(Error{.reason = "its shape is not known", .node = at.id, .port = name});
    if (!lowering_.waits(from) && !record->static_shape() && !record->ragged())
      return fail(
          Error{.reason = "records of differing size cannot be stacked: " + from.text() + " gives " + record->text(),
                .remedy = std::string(record->kind->size_remedy),
                .node = at.id,
                .port = name});
    plan_.fields.push_back({.name = name,
                            .slot = steps_.at(from).value(),
                            .record = *record,
                            .batch = *batch,
                            .capacity = record->ragged() ? record->shape.front().most() : 0});
    return {};
  }

  LoweredData finish() {
    plan_.slots = steps_.slots();
    link_partial_steps();
    return {.plan = std::move(plan_), .slots = steps_.all()};
  }

  /// A step that can read less than its whole picture learns who reads it, if that is one step alone, and reads it as
  /// the picture that it works on.
  void link_partial_steps() {
    for (PlanStep& step : plan_.steps) {
      if (!step.op->partial() || step.outputs.size() != 1) continue;
      const SlotIndex slot = step.outputs.front();
      std::size_t readers = 0;
      std::optional<std::size_t> only;
      for (const BatchField& field : plan_.fields) readers += field.slot == slot ? 1 : 0;
      for (std::size_t i = 0; i < plan_.steps.size(); ++i)
        for (std::size_t port = 0; port < plan_.steps[i].inputs.size(); ++port)
          if (plan_.steps[i].inputs[port] == slot) {
            ++readers;
            if (port == 0) only = i;
          }
      if (readers == 1) step.next = only;
    }
  }

  const Lowering& lowering_;
  StepLowering steps_;
  DataPlan plan_{};
};

}  // namespace

std::uint32_t stream_of(const Node& node) {
  std::uint32_t hash = 2166136261U;
  for (const char c : key_of(node)) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::uint64_t SamplerPlan::record(std::uint32_t epoch, std::uint64_t position) const {
  std::uint64_t one = 0;
  records(epoch, position, {&one, 1});
  return one;
}

void SamplerPlan::records(std::uint32_t epoch, std::uint64_t position, std::span<std::uint64_t> into) const {
  if (balanced) {
    for (std::uint64_t& record : into) record = balanced->draw(seed, epoch, position++, count).record;
    return;
  }
  // A worker asks for one epoch's records, thousands of them, before it comes to the next one.
  thread_local RememberedPermutation kept_epochs;
  thread_local RememberedPermutation kept_splits;
  RememberedPermutation& epochs = kept_epochs;
  RememberedPermutation& splits = kept_splits;
  const Permutation order(count, seed, epoch);
  const std::uint64_t all = chosen ? chosen->size() : source_size;
  const Permutation division(all, seed, kSplitStream);
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = position + i;
  if (shuffle) epochs.replace(order, into);
  for (std::uint64_t& at : into) {
    at += first;
    if (!chosen && at >= source_size) at -= source_size;
  }
  if (split) splits.replace(division, into);
  if (!chosen) return;
  for (std::uint64_t& at : into) at = (*chosen)[at];
}

std::uint64_t SamplerPlan::key(std::uint32_t epoch, std::uint64_t position, std::uint64_t record) const {
  return balanced ? record + source_size * balanced->draw(seed, epoch, position, count).again : record;
}

SamplerPlan SamplerPlan::each_once() const {
  SamplerPlan once = *this;
  once.shuffle = false;
  once.balanced = nullptr;
  return once;
}

std::uint64_t DataPlan::batches_per_epoch() const {
  const auto size = static_cast<std::uint64_t>(batch.size);
  return batch.drop_last ? sampler.count / size : (sampler.count + size - 1) / size;
}

Result<const Node*> source_of(const Lowering& lowering, const Node& node) {
  for (const Node* above : lowering.upstream(node, [](const Node&) { return true; }))
    if (lowering.spec(*above).role == Role::Source) return above;
  return fail(Error{.reason = "no source feeds it", .remedy = "Wire a source to it", .node = node.id});
}

const Node* source_behind(const Lowering& lowering, const Node& node, const std::string& port) {
  const PortRef* from = lowering.into(node, port);
  if (from == nullptr || !lowering.known(lowering.node(from->node))) return nullptr;
  return source_of(lowering, lowering.node(from->node)).value_or(nullptr);
}

Needed needed_for(const Lowering& lowering, std::vector<PortRef> values) {
  Needed needed;
  std::vector<PortRef>& open = values;
  while (!open.empty()) {
    const PortRef port = std::move(open.back());
    open.pop_back();
    const Node* node = &lowering.node(port.node);
    if (!lowering.known(*node) || !needed.ports.insert(port).second) continue;
    const NodeSpec& spec = lowering.spec(*node);
    const bool passes_on = spec.role == Role::Sampler;
    needed.nodes.insert(node->id);
    for (const PortSpec& input : spec.inputs)
      if (const PortRef* from = lowering.into(*node, input.name);
          from != nullptr && (!passes_on || input.name == port.port))
        open.push_back(*from);
  }
  return needed;
}

SlotIndex StepLowering::add(const PortRef& output) {
  slots_.emplace(output, count_);
  return count_++;
}

void StepLowering::pass_on(const Node& sampler) {
  for (const PortSpec& port : lowering_.spec(sampler).outputs)
    if (const PortRef* from = lowering_.into(sampler, port.name))
      if (const auto slot = at(*from)) share({sampler.id, port.name}, *slot);
}

std::optional<SlotIndex> StepLowering::at(const PortRef& output) const {
  const auto found = slots_.find(output);
  return found == slots_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::vector<std::optional<SlotIndex>>> StepLowering::inputs(const Node& node) const {
  std::vector<std::optional<SlotIndex>> inputs;
  for (const PortSpec& port : lowering_.spec(node).inputs) {
    const PortRef* from = lowering_.into(node, port.name);
    inputs.push_back(from == nullptr ? std::nullopt : at(*from));
    if (from != nullptr && !inputs.back()) return std::nullopt;
  }
  return inputs;
}

Result<PlanStep> StepLowering::step(const Node& node) {
  const NodeSpec& spec = lowering_.spec(node);
  const ParamMap params = spec.complete(node.params);
  const std::vector<const TensorDesc*> descs = lowering_.inputs(node);
  auto fitted = fitted_step(lowering_, node, descs);
  auto op = lowering_.inputs_wait(node) ? unfitted_op()
            : fitted == nullptr         ? spec.sample_op(params, descs)
            : fitted->learnt == nullptr ? unfitted_op()
                                        : spec.fitted_op(params, descs, *fitted->learnt);
  if (!op) return fail(std::move(op.error()).at_node(node.id));
  PlanStep step{.node = node.id,
                .type = node.type,
                .stream = stream_of(node),
                .random = spec.random,
                .op = std::move(*op),
                .inputs = inputs(node).value(),
                .cache = spec.cache ? std::optional(spec.cache(params)) : std::nullopt,
                .fitted = std::move(fitted)};
  while (!streams_.insert(step.stream).second) ++step.stream;  // two keys may have one hash
  for (const PortSpec& port : spec.outputs) step.outputs.push_back(add({node.id, port.name}));
  return step;
}

Result<LoweredData> lower_data(const Lowering& lowering, const Node& batch, const std::vector<std::string>& fields,
                               const OpenSource& source, const LearningSettings& learning, bool training) {
  return DataLowering(lowering, source, learning, training).as_far_as(batch, fields);
}

Result<LoweredData> lower_values(const Lowering& lowering, const std::vector<PortRef>& values, const OpenSource& source,
                                 const LearningSettings& learning, bool training) {
  return DataLowering(lowering, source, learning, training).as_far_as(values);
}

}  // namespace feedline::inline plan
