// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/record_walk.h"

#include "base/machine_fault.h"
#include "engine/guarded.h"
#include "graph/path.h"
#include "schema/several_labels.h"

#include <optional>
#include <string>
#include <utility>

namespace feedline::inline engine {

RecordWalk::RecordWalk(RecordPlan plan) : plan_(std::move(plan)), lanes_(plan_.data.size()) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    lane.slots.resize(plan_.data[i].slots);
    for (const auto& slot : plan_.data[i].source_outputs)
      lane.read.push_back(slot ? &lane.slots[*slot] : i == 0 ? &lane.unread.emplace_back() : nullptr);
  }
}

Status RecordWalk::walk(std::uint64_t record, std::uint32_t epoch, const std::stop_token& stop) {
  const DataPlan& first = plan_.data.front();
  if (record >= first.source->size())
    return fail(Error{.reason = "there is no record " + std::to_string(record) + ": the source has " +
                                std::to_string(first.source->size()) + ", counted from 0",
                      .node = drawn_path(first.source_node)});
  record_ = record;
  epoch_ = epoch;
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    if (Status done = carry(plan_.data[i], lanes_[i], stop); !done) return done;
  return {};
}

Status RecordWalk::carry(const DataPlan& plan, Lane& lane, const std::stop_token& stop) {
  if (stop.stop_requested()) return fail_cancelled();
  Status read = patiently(stop, [&] { return guarded([&] { return plan.source->read(record_, lane.read); }); });
  if (!read) return refused(std::move(read.error()), plan.source_node, stop);
  for (const PlanStep& step : plan.steps) {
    if (stop.stop_requested()) return fail_cancelled();
    Status ran = patiently(stop, [&] { return run(plan, step, lane); });
    if (!ran) return refused(std::move(ran.error()), step.node, stop);
  }
  return {};
}

Status RecordWalk::refused(Error error, const std::string& node, const std::stop_token& stop) const {
  if (stop.stop_requested()) return fail_cancelled();
  error.code = ErrorCode::BadRecord;
  if (error.file.empty()) error.file = plan_.data.front().source->locate(record_);
  return fail(std::move(error).at_node(drawn_path(node)));
}

OpContext RecordWalk::context_of(const DataPlan& plan, const PlanStep& step) const {
  return {.rng = Rng(plan.seed, epoch_, record_, step.stream), .training = plan.training, .record = record_};
}

Status RecordWalk::run(const DataPlan& plan, const PlanStep& step, Lane& lane) const {
  std::vector<const Datum*> in;
  for (const auto& slot : step.inputs) in.push_back(slot ? &lane.slots[*slot] : nullptr);
  std::vector<Datum*> out;
  for (const SlotIndex slot : step.outputs) out.push_back(&lane.slots[slot]);
  OpContext context = context_of(plan, step);
  std::optional<NextNode> next;
  if (step.next) next.emplace(*plan.steps[*step.next].op, context_of(plan, plan.steps[*step.next]));
  if (next) context.next = &*next;
  return guarded([&] { return step.op->run(in, out, context); });
}

PreviewValue RecordWalk::value(std::size_t index) const {
  const RecordPlan::Value& place = plan_.values[index];
  const BatchField& field = plan_.data[place.data].fields[place.field];
  const Datum& datum = lanes_[place.data].slots[field.slot];
  PreviewValue value{.port = field.name, .desc = field.record};
  value.desc.dtype = datum.dtype();
  value.desc.layout = datum.layout();
  value.desc.shape.assign(datum.dims().begin(), datum.dims().end());
  value.data.assign(datum.span().begin(), datum.span().end());
  return value;
}

void RecordWalk::describe(Preview& preview) const {
  const Source& source = *plan_.data.front().source;
  preview.node = plan_.node;
  preview.record = record_;
  preview.records = source.size();
  preview.where = source.locate(record_);
  for (const DataPlan& plan : plan_.data)
    for (const PlanStep& step : plan.steps) preview.random |= step.random;
  for (std::size_t i = 0; i < source.outputs().size(); ++i) {
    const Datum& datum = *lanes_.front().read[i];
    const TensorDesc& desc = source.outputs()[i];
    if (desc.kind == Kind::Label && has_several_labels(desc) && !desc.class_names.empty()) {
      preview.class_name = label_words(desc, datum.span());
      preview.several_labels = true;
    }
    if (desc.kind != Kind::Label || datum.dtype() != DType::I64 || datum.bytes() != 8) continue;
    preview.label = datum.label();
    if (*preview.label >= 0 && static_cast<std::size_t>(*preview.label) < desc.class_names.size())
      preview.class_name = desc.class_names[static_cast<std::size_t>(*preview.label)];
  }
}

}  // namespace feedline::inline engine
