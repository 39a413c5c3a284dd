// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_data.h"

#include <algorithm>
#include <new>
#include <set>
#include <utility>

namespace feedline::test {
namespace {

class FunctionOp final : public SampleOp {
 public:
  explicit FunctionOp(OpBody body) : body_(std::move(body)) {}
  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
    return body_(in, out, context);
  }

 private:
  OpBody body_;
};

}  // namespace

MemorySource::MemorySource(std::uint64_t size, std::size_t pixels)
    : size_(size), pixels_(pixels), memory_(pixels + 251) {
  outputs_ = {{.kind = Kind::Image, .dtype = DType::U8, .shape = {static_cast<std::int64_t>(pixels)}},
              {.kind = Kind::Label, .dtype = DType::I64, .classes = 10}};
  for (std::size_t i = 0; i < memory_.size(); ++i) memory_[i] = static_cast<std::uint8_t>((i * i + 7 * i) % 253);
}

std::uint8_t MemorySource::pixel(std::uint64_t index, std::size_t i) const { return memory_[index % 251 + i]; }

Status MemorySource::read(std::uint64_t index, std::span<Datum* const> out) const {
  if (before)
    if (Status ok = before(index); !ok) return ok;
  const std::int64_t dims[] = {static_cast<std::int64_t>(pixels_)};
  if (out[0] != nullptr) ++pixel_reads;
  if (out[0] != nullptr)
    out[0]->view(reinterpret_cast<const std::byte*>(memory_.data() + index % 251), DType::U8, dims);
  if (out[1] != nullptr) out[1]->set_label(static_cast<std::int64_t>(index % 10));
  return {};
}

std::shared_ptr<const SampleOp> op(OpBody body) { return std::make_shared<FunctionOp>(std::move(body)); }

std::shared_ptr<const SampleOp> to_float() {
  return op([](auto in, auto out, OpContext&) -> Status {
    auto* to = reinterpret_cast<float*>(out[0]->allocate(DType::F32, in[0]->dims()));
    const auto* from = in[0]->template as<std::uint8_t>();
    for (std::size_t i = 0; i < in[0]->bytes(); ++i) to[i] = static_cast<float>(from[i]) / 255.0F - 0.5F;
    return {};
  });
}

std::shared_ptr<const SampleOp> add_noise() {
  return op([](auto in, auto out, OpContext& context) -> Status {
    auto* to = reinterpret_cast<float*>(out[0]->allocate(DType::F32, in[0]->dims()));
    const auto noise = static_cast<float>(context.rng.uniform());
    const auto* from = in[0]->template as<float>();
    for (std::size_t i = 0; i < in[0]->bytes() / sizeof(float); ++i) to[i] = from[i] + noise;
    return {};
  });
}

std::shared_ptr<const SampleOp> pass_view() {
  return op([](auto in, auto out, OpContext&) -> Status {
    out[0]->view(*in[0]);
    return {};
  });
}

PlanBuilder::PlanBuilder(std::uint64_t records, std::size_t pixels, std::int64_t batch)
    : source_(std::make_shared<MemorySource>(records, pixels)) {
  data_.source_node = "data";
  data_.source_type = "memory";
  data_.source_outputs = {kPixels, kLabel};
  data_.slots = 2;
  data_.sampler = {.source_size = records, .count = records, .seed = 11};
  data_.batch_node = "batch";
  data_.batch.size = batch;
  data_.seed = 5;
}

PlanBuilder& PlanBuilder::step(const std::string& node, std::shared_ptr<const SampleOp> work, std::vector<SlotIndex> in,
                               std::vector<SlotIndex> out) {
  const auto others = std::count_if(data_.steps.begin(), data_.steps.end(), [](const PlanStep& s) { return !s.cache; });
  PlanStep step{.node = node, .type = "fake", .stream = static_cast<std::uint32_t>(others + 1)};
  step.op = std::move(work);
  step.inputs.assign(in.begin(), in.end());
  for (const SlotIndex slot : out) data_.slots = std::max(data_.slots, slot + 1);
  step.outputs = std::move(out);
  data_.steps.push_back(std::move(step));
  return *this;
}

PlanBuilder& PlanBuilder::cache(const std::string& node, SlotIndex in, SlotIndex out, CacheSettings settings) {
  step(node, pass_view(), {in}, {out});
  data_.steps.back().type = "cache";
  data_.steps.back().cache = settings;
  return *this;
}

PlanBuilder& PlanBuilder::field(const std::string& name, SlotIndex slot, DType dtype, std::vector<Dim> shape) {
  BatchField field{.name = name, .slot = slot, .record = {.dtype = dtype, .shape = shape}};
  field.batch = field.record;
  field.capacity = field.record.ragged() ? field.record.shape.front().most() : 0;
  field.batch.shape.insert(field.batch.shape.begin(), Dim::symbol("N"));
  data_.fields.push_back(std::move(field));
  return *this;
}

PlanBuilder& PlanBuilder::drop_last() {
  data_.batch.drop_last = true;
  return *this;
}

PlanBuilder& PlanBuilder::shuffle() {
  data_.sampler.shuffle = true;
  return *this;
}

std::shared_ptr<const Plan> PlanBuilder::build() const {
  auto plan = std::make_shared<Plan>();
  plan->train = data_;
  plan->train.source = source_;
  return plan;
}

PlanBuilder noisy_plan(std::uint64_t records, std::size_t pixels, std::int64_t batch) {
  PlanBuilder plan(records, pixels, batch);
  plan.step("scale", to_float(), {PlanBuilder::kPixels}, {2})
      .step("noise", add_noise(), {2}, {3})
      .field("image", 3, DType::F32, {static_cast<std::int64_t>(pixels)})
      .field("label", PlanBuilder::kLabel, DType::I64, {})
      .shuffle();
  return plan;
}

BatchCopy copy(const DataPlan& plan, const Batch& batch) {
  BatchCopy copied{batch.epoch, batch.index, batch.last_of_epoch, batch.record_ids, {}};
  for (std::size_t f = 0; f < plan.fields.size(); ++f) {
    copied.fields.emplace_back(reinterpret_cast<const char*>(batch.buffer->fields[f]),
                               plan.fields[f].record_bytes() * batch.records);
    if (plan.fields[f].capacity > 0)
      copied.fields.back().append(reinterpret_cast<const char*>(batch.buffer->lengths[f].data()),
                                  sizeof(std::uint32_t) * batch.records);
  }
  return copied;
}

Drained drain(Pipeline& pipeline, const DataPlan& plan) {
  Drained drained;
  for (;;) {
    auto batch = pipeline.next();
    if (!batch) {
      drained.error = batch.error();
      return drained;
    }
    if (!*batch) return drained;
    drained.batches.push_back(copy(plan, **batch));
  }
}

Drained drain(const std::shared_ptr<const Plan>& plan, const PipelineOptions& options) {
  Pipeline pipeline(plan, plan->train, options);
  return drain(pipeline, plan->train);
}

std::vector<BatchCopy> expected(const DataPlan& plan, std::uint32_t epochs,
                                const std::function<bool(std::uint64_t)>& bad) {
  std::vector<BatchCopy> batches;
  const auto size = static_cast<std::uint64_t>(plan.batch.size);
  std::set<std::uint64_t> quarantined;  // a record that was bad once is not tried again
  for (std::uint32_t epoch = 1; epoch <= epochs; ++epoch) {
    for (std::uint64_t index = 0; index < plan.batches_per_epoch(); ++index) {
      BatchCopy batch{epoch, index, index + 1 == plan.batches_per_epoch(), {}, {}};
      batch.fields.resize(plan.fields.size());
      std::vector<std::string> lengths(plan.fields.size());
      for (std::uint64_t p = index * size; p < std::min((index + 1) * size, plan.sampler.count); ++p) {
        const std::uint64_t record = plan.sampler.record(epoch, p);
        if ((bad && bad(record)) || quarantined.contains(record)) continue;
        std::vector<Datum> values(plan.slots);
        std::vector<Datum*> out;
        for (const auto& slot : plan.source_outputs) out.push_back(slot ? &values[*slot] : nullptr);
        if (!plan.source->read(record, out)) continue;
        bool good = true;
        for (const PlanStep& step : plan.steps) {
          std::vector<const Datum*> in;
          for (const auto& slot : step.inputs) in.push_back(slot ? &values[*slot] : nullptr);
          out.clear();
          for (const SlotIndex slot : step.outputs) out.push_back(&values[slot]);
          OpContext context{
              .rng = Rng(plan.seed, epoch, record, step.stream), .training = plan.training, .record = record};
          good = good && step.op->run(in, out, context);
        }
        if (!good) quarantined.insert(record);
        if (!good) continue;
        batch.record_ids.push_back(record);
        for (std::size_t f = 0; f < plan.fields.size(); ++f) {
          const Datum& value = values[plan.fields[f].slot];
          batch.fields[f].append(reinterpret_cast<const char*>(value.data()), value.bytes());
          if (plan.fields[f].capacity == 0) continue;
          batch.fields[f].append(plan.fields[f].record_bytes() - value.bytes(), '\0');
          const auto length = static_cast<std::uint32_t>(value.dim(0));
          lengths[f].append(reinterpret_cast<const char*>(&length), sizeof length);
        }
      }
      for (std::size_t f = 0; f < plan.fields.size(); ++f) batch.fields[f] += lengths[f];
      if (!batch.record_ids.empty() || batch.last_of_epoch) batches.push_back(std::move(batch));
    }
  }
  return batches;
}

std::byte* CountingAllocator::allocate(std::size_t bytes) {
  if (allocated >= limit) throw std::bad_alloc();
  ++allocated;
  ++live;
  return host()->allocate(bytes);
}

void CountingAllocator::release(std::byte* data, std::size_t bytes) noexcept {
  --live;
  host()->release(data, bytes);
}

}  // namespace feedline::test
