// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"
#include "plan/lowering.h"

#include <algorithm>
#include <map>

namespace feedline {
namespace {

/// Streams of the seed's permutations: epochs count from 1, so 0 is free for the split.
constexpr std::uint32_t kSplitStream = 0;

class DataLowering {
 public:
  DataLowering(const Lowering& lowering, const Node& batch, bool training) : lowering_(lowering), batch_(batch) {
    plan_.training = training;
    plan_.batch_node = batch.id;
    plan_.batch = lowering.spec(batch).batch(lowering.spec(batch).complete(batch.params));
  }

  Result<DataPlan> run(const std::vector<std::string>& fields, const OpenSource& source,
                       const TrainerSettings& trainer) {
    plan_.seed = static_cast<std::uint64_t>(trainer.seed);
    plan_.source_node = source.node->id;
    plan_.source_type = source.node->type;
    plan_.source = source.source;
    plan_.sampler.seed = plan_.seed;
    plan_.sampler.source_size = plan_.sampler.count = source.source->size();

    if (Status ok = find_wanted(fields); !ok) return fail(std::move(ok.error()));
    for (const std::size_t index : lowering_.analysis().order)
      if (wanted_.contains(lowering_.document().nodes()[index].id))
        if (Status ok = add(index); !ok) return fail(std::move(ok.error()));
    for (const std::string& field : fields)
      if (Status ok = add_field(field); !ok) return fail(std::move(ok.error()));
    link_partial_steps();
    return std::move(plan_);
  }

 private:
  /// Marks the nodes whose values end in one of the fields, and the ports that somebody reads.
  Status find_wanted(const std::vector<std::string>& fields) {
    std::vector<PortRef> open;
    for (const std::string& field : fields) {
      const PortRef* from = lowering_.into(batch_, field);
      if (from == nullptr)
        return fail(Error{.reason = "the model reads '" + field + "', but no wire enters it here",
                          .remedy = "Wire the same kind of value as at the training batch",
                          .node = batch_.id,
                          .port = field});
      open.push_back(*from);
    }
    while (!open.empty()) {
      const PortRef port = std::move(open.back());
      open.pop_back();
      if (!read_.insert(port).second) continue;
      const Node& node = *lowering_.document().find(port.node);
      const NodeSpec& spec = lowering_.spec(node);
      const bool passes_on = spec.role == Role::Sampler;
      wanted_.insert(node.id);
      for (const PortSpec& input : spec.inputs)
        if (const PortRef* from = lowering_.into(node, input.name);
            from != nullptr && (!passes_on || input.name == port.port))
          open.push_back(*from);
    }
    return {};
  }

  Status add(std::size_t index) {
    const Node& node = lowering_.document().nodes()[index];
    const NodeSpec& spec = lowering_.spec(node);
    switch (spec.role) {
      case Role::Source:
        for (const PortSpec& port : spec.outputs) {
          const PortRef out{node.id, port.name};
          plan_.source_outputs.push_back(read_.contains(out) ? std::optional(new_slot(out)) : std::nullopt);
        }
        return {};
      case Role::Sampler:
        plan_.sampler.shuffle = plan_.training && spec.sampler(spec.complete(node.params)).shuffle;
        for (const PortSpec& port : spec.outputs)
          if (const PortRef* from = lowering_.into(node, port.name); from != nullptr && slots_.contains(*from))
            slots_.emplace(PortRef{node.id, port.name}, slots_.at(*from));
        return {};
      case Role::Sample:
        return add_step(node, spec);
      default:
        return fail(Error{.reason = "a " + spec.type + " node cannot work on single records", .node = node.id});
    }
  }

  Status add_step(const Node& node, const NodeSpec& spec) {
    const std::vector<const TensorDesc*> descs = lowering_.inputs(node);
    auto op = spec.sample_op(spec.complete(node.params), descs);
    if (!op) return fail(std::move(op.error()).at_node(node.id));

    PlanStep step{.node = node.id,
                  .type = node.type,
                  .stream = free_stream(node),
                  .random = spec.random,
                  .op = std::move(*op),
                  .cache = spec.cache ? std::optional(spec.cache(spec.complete(node.params))) : std::nullopt};
    for (const PortSpec& port : spec.inputs) {
      const PortRef* from = lowering_.into(node, port.name);
      step.inputs.push_back(from == nullptr ? std::nullopt : std::optional(slots_.at(*from)));
    }
    for (const PortSpec& port : spec.outputs) step.outputs.push_back(new_slot({node.id, port.name}));
    plan_.steps.push_back(std::move(step));
    return {};
  }

  Status add_field(const std::string& name) {
    const PortRef& from = *lowering_.into(batch_, name);
    const TensorDesc* record = lowering_.analysis().at(from);
    const TensorDesc* batch = lowering_.analysis().at({batch_.id, name});
    if (record == nullptr || batch == nullptr)
      return fail(Error{.reason = "its shape is not known", .node = batch_.id, .port = name});
    if (!record->static_shape() && !record->ragged())
      return fail(
          Error{.reason = "records of differing size cannot be stacked: " + from.text() + " gives " + record->text(),
                .remedy = std::string(record->kind->size_remedy),
                .node = batch_.id,
                .port = name});
    plan_.fields.push_back({.name = name,
                            .slot = slots_.at(from),
                            .record = *record,
                            .batch = *batch,
                            .capacity = record->ragged() ? record->shape.front().most() : 0});
    return {};
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

  std::uint32_t free_stream(const Node& node) const {
    std::uint32_t stream = stream_of(node);
    const auto taken = [&] {
      return std::any_of(plan_.steps.begin(), plan_.steps.end(), [&](const PlanStep& s) { return s.stream == stream; });
    };
    while (taken()) ++stream;
    return stream;
  }

  SlotIndex new_slot(const PortRef& output) {
    slots_.emplace(output, plan_.slots);
    return plan_.slots++;
  }

  const Lowering& lowering_;
  const Node& batch_;
  DataPlan plan_{};
  std::set<std::string, std::less<>> wanted_{};
  std::set<PortRef> read_{};
  std::map<PortRef, SlotIndex> slots_{};
};

}  // namespace

std::uint32_t stream_of(const Node& node) {
  std::uint32_t hash = 2166136261U;
  for (const char c : node.key.empty() ? node.id : node.key) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::uint64_t SamplerPlan::record(std::uint32_t epoch, std::uint64_t position) const {
  if (shuffle) position = Permutation(count, seed, epoch)(position);
  position += first;
  return split ? Permutation(source_size, seed, kSplitStream)(position) : position;
}

std::uint64_t DataPlan::batches_per_epoch() const {
  const auto size = static_cast<std::uint64_t>(batch.size);
  return batch.drop_last ? sampler.count / size : (sampler.count + size - 1) / size;
}

Result<const Node*> source_of(const Lowering& lowering, const Node& batch) {
  for (const Node* node : lowering.upstream(batch, [](const Node&) { return true; }))
    if (lowering.spec(*node).role == Role::Source) return node;
  return fail(Error{.reason = "no source feeds it", .remedy = "Wire a source to it", .node = batch.id});
}

Result<DataPlan> lower_data(const Lowering& lowering, const Node& batch, const std::vector<std::string>& fields,
                            const OpenSource& source, const TrainerSettings& trainer, bool training) {
  return DataLowering(lowering, batch, training).run(fields, source, trainer);
}

}  // namespace feedline
