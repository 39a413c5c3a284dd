// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/step.h"

#include "training/collect_state.h"
#include "training/stray_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <span>

namespace feedline::inline training {
namespace {

constexpr const char* kLossTally = "loss";
constexpr const char* kSamplesTally = "samples";

/// LibTorch answers a class index beyond the prediction's columns with a device fault on a GPU: look on the host first.
void check_classes(const ModelPlan& network, const LayerPlan& loss, const DataPlan& data, const Batch& batch) {
  if (loss.spec == nullptr || loss.spec->target != TargetKind::Classes) return;
  if (loss.inputs.size() < 2 || loss.from.size() < 2 || loss.from[1].field < 0) return;
  const auto field = static_cast<std::size_t>(loss.from[1].field);
  const TensorDesc& prediction = loss.inputs[0];
  if (data.fields[field].record.dtype != DType::I64 || prediction.shape.size() != 2) return;
  const Dim& columns = prediction.shape[1];
  // One column tells two classes apart.
  const auto count = columns.known() ? std::max<std::int64_t>(columns.size(), 2)
                                     : static_cast<std::int64_t>(network.class_names.size());
  if (count == 0) return;
  const auto stray = stray_label(data, batch, field, count);
  if (!stray) return;
  throw StepFailed(
      {.code = ErrorCode::Failed,
       .reason = fmt::format("a record is of class {}, but the prediction has {} values per record (0 to {})",
                             stray->label, count, count - 1),
       .remedy = "Set units of the last linear node to 0 and use training data that has all classes",
       .node = loss.node,
       .file = stray->file});
}

void check_classes(const ModelPlan& network, const DataPlan& data, const Batch& batch) {
  for (const LayerPlan& layer : network.layers) check_classes(network, layer, data, batch);
  check_classes(network, network.loss, data, batch);
}

std::vector<TensorDesc> record_descs(const DataPlan& data) {
  std::vector<TensorDesc> descs;
  for (const BatchField& field : data.fields) descs.push_back(field.record);
  return descs;
}

std::size_t largest_batch(const Plan& plan) {
  const std::int64_t validation = plan.validation ? plan.validation->batch.size : 0;
  return static_cast<std::size_t>(std::max(plan.train.batch.size, validation));
}

}  // namespace

double LossTally::Totals::loss() const {
  return samples == 0 ? std::numeric_limits<double>::quiet_NaN() : loss_sum / static_cast<double>(samples);
}

void LossTally::add(const Part& part) {
  const Model::Outcome& outcome = part.outcome;
  const at::Tensor loss = outcome.loss.detach();
  const std::uint64_t samples = part.rows;
  samples_ += samples;
  if (loss.device().is_cpu()) {
    totals_.loss_sum += loss.item<double>() * static_cast<double>(samples);
    return;
  }
  const at::Tensor weighted = loss.to(at::kDouble) * static_cast<double>(samples);
  loss_sum_ = loss_sum_.defined() ? loss_sum_ + weighted : weighted;
}

void LossTally::collect() {
  if (loss_sum_.defined()) totals_.loss_sum += loss_sum_.item<double>();
  loss_sum_.reset();
}

LossTally::Totals LossTally::read() {
  collect();
  totals_.samples = samples_;
  return totals_;
}

void LossTally::restore(const Totals& totals) {
  totals_ = totals;
  samples_ = totals.samples;
  loss_sum_.reset();
}

SplitTally::SplitTally(const ModelPlan& plan, std::string_view split, std::vector<at::Device> devices)
    : plan_(plan), split_(split), devices_(std::move(devices)) {
  for (std::size_t i = 0; i < devices_.size(); ++i) metrics_.emplace_back(plan, split);
}

Metrics SplitTally::metrics() const {
  const auto elsewhere = [this](const at::Device& device) { return device != devices_.front(); };
  if (std::none_of(devices_.begin(), devices_.end(), elsewhere)) return merged_values(plan_, split_, metrics_);
  std::vector<MetricSet> here;  // what lies on several devices is put together on the host
  for (const MetricSet& replica : metrics_) {
    std::map<std::string, at::Tensor> state = replica.state();
    for (auto& [name, counted] : state) counted = counted.cpu();
    here.emplace_back(plan_, split_).restore(state);
  }
  return merged_values(plan_, split_, here);
}

void SplitTally::clear() {
  loss_ = {};
  for (MetricSet& replica : metrics_) replica.clear();
}

NamedTensors SplitTally::collect() {
  const LossTally::Totals totals = loss_.read();
  const auto samples = static_cast<std::int64_t>(totals.samples);
  NamedTensors tallies;
  tallies.emplace(kLossTally, TensorValue::of(std::span<const double>(&totals.loss_sum, 1), {}));
  tallies.emplace(kSamplesTally, TensorValue::of(std::span<const std::int64_t>(&samples, 1), {}));
  for (std::size_t i = 0; i < metrics_.size(); ++i)
    for (const auto& [name, tensor] : metrics_[i].state())
      tallies.emplace(fmt::format("{}.{}", i, name), kept_value(tensor));
  return tallies;
}

Status SplitTally::restore(const NamedTensors& tallies) {
  clear();
  LossTally::Totals totals;
  std::map<std::size_t, std::map<std::string, at::Tensor>> by_replica;
  for (const auto& [name, value] : tallies) {
    if (name == kLossTally || name == kSamplesTally) {
      const auto loss = value.numbers<double>();
      const auto samples = value.numbers<std::int64_t>();
      if (loss && loss->size() == 1) totals.loss_sum = loss->front();
      if (samples && samples->size() == 1) totals.samples = static_cast<std::uint64_t>(samples->front());
      continue;
    }
    std::size_t replica = 0;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), replica);
    if (fault != std::errc() || *end != '.') return fail(fmt::format("the tally '{}' belongs to no replica", name));
    by_replica[replica].emplace(std::string(end + 1),
                                tensor_of(value).to(devices_[replica < devices_.size() ? replica : 0]));
  }
  loss_.restore(totals);
  for (const auto& [replica, state] : by_replica) {
    MetricSet set(plan_, split_);
    set.restore(state);
    if (replica < metrics_.size()) {
      metrics_[replica] = std::move(set);
    } else {
      metrics_.front().merge(set);
    }
  }
  return {};
}

Step::Step(const Plan& plan, const ModelPlan& network, std::unique_ptr<Replicas> replicas, TrainerMeter& meter)
    : plan_(plan), network_(network), replicas_(std::move(replicas)), meter_(meter) {
  const std::vector<at::Device> devices = replicas_->batch_devices();
  const std::size_t rows = (largest_batch(plan) + devices.size() - 1) / devices.size();
  for (const at::Device& device : devices)
    uploaders_.push_back(std::make_unique<BatchUploader>(device, record_descs(plan.train), rows));
}

BatchDivision Step::division_of(const Batch& batch) const {
  return {.drawn = static_cast<std::int64_t>(batch.drawn), .missing = batch.missing, .placed = placed_};
}

std::vector<at::Tensor> Step::upload(const Batch& batch, const DataPlan& data) {
  meter_.enter(Phase::HostToDevice);
  check_classes(network_, data, batch);
  try {
    if (uploaders_.size() == 1) return uploaders_.front()->upload(batch);
    placed_.clear();
    const auto all = static_cast<std::int64_t>(batch.records);
    for (std::size_t i = 0; i < uploaders_.size(); ++i)
      placed_.push_back(uploaders_[i]->upload(batch, division_of(batch).rows_of_replica(all, i, uploaders_.size())));
    return BatchUploader::shown(batch, record_descs(data));
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.trainer_node));
  }
}

void Step::finish() {
  try {
    for (const auto& uploader : uploaders_) uploader->finish_step();
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.trainer_node));
  }
}

std::vector<Part> Step::train(const Batch& batch, SplitTally& tally) {
  std::vector<at::Tensor> fields;
  if (batch.records > 0) fields = upload(batch, plan_.train);
  const bool last = replicas_->pending() + 1 >= plan_.trainer.accumulate;
  std::vector<Part> parts = replicas_->accumulate(
      fields, meter_, tally.by_replica(), {.records = batch.record_ids, .training = true}, division_of(batch), last);
  if (replicas_->pending() >= plan_.trainer.accumulate) replicas_->step(meter_);
  if (batch.records > 0) finish();
  if (replicas_->ranks() == nullptr) tally.add(parts);
  return parts;
}

std::vector<Part> Step::evaluate(const Batch& batch, SplitTally& tally) {
  const std::vector<at::Tensor> fields = upload(batch, *plan_.validation);
  meter_.enter(Phase::Forward);
  std::vector<Part> parts = replicas_->evaluate(fields, tally.by_replica(),
                                                {.records = batch.record_ids, .training = false}, division_of(batch));
  finish();
  if (replicas_->ranks() == nullptr) tally.add(parts);
  return parts;
}

}  // namespace feedline::inline training
