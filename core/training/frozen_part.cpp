// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/frozen_part.h"

#include <algorithm>

namespace feedline::inline training {
namespace {

/// What one record gives; empty: of no known size.
std::vector<std::int64_t> record_shape(const TensorDesc& output) {
  std::vector<std::int64_t> shape;
  for (std::size_t i = 1; i < output.shape.size(); ++i) {
    if (!output.shape[i].known()) return {};
    shape.push_back(output.shape[i].size());
  }
  return shape;
}

}  // namespace

std::vector<bool> steady_fields(const DataPlan& data) {
  std::vector<bool> drawn(data.slots, false);
  for (const PlanStep& step : data.steps) {  // every input comes first
    bool draws = step.random && data.training;
    for (const auto& input : step.inputs) draws = draws || (input && drawn[*input]);
    for (const SlotIndex output : step.outputs) drawn[output] = draws;
  }
  std::vector<bool> steady;
  for (const BatchField& field : data.fields) steady.push_back(!drawn[field.slot]);
  return steady;
}

FrozenPart find_frozen_part(const ModelPlan& network, const std::vector<bool>& constant, const std::vector<bool>& worth,
                            const std::vector<bool>& steady) {
  const std::vector<LayerPlan>& layers = network.layers;
  FrozenPart part;
  // Which layers give the same in every epoch, and have a costly one among them; who reads them.
  std::vector<bool> same(layers.size());
  std::vector<bool> costly(layers.size());
  std::vector<bool> read_by_others(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    same[i] = constant[i];
    costly[i] = worth[i];
    for (const LayerPlan::Input& from : layers[i].from) {
      if (from.field >= 0) same[i] = same[i] && steady[static_cast<std::size_t>(from.field)];
      if (from.layer < 0) continue;
      same[i] = same[i] && same[static_cast<std::size_t>(from.layer)];
      costly[i] = costly[i] || costly[static_cast<std::size_t>(from.layer)];
    }
    for (const LayerPlan::Input& from : layers[i].from)
      if (from.layer >= 0 && !same[i]) read_by_others[static_cast<std::size_t>(from.layer)] = true;
  }
  for (const LayerPlan::Input& from : network.loss.from)
    if (from.layer >= 0) read_by_others[static_cast<std::size_t>(from.layer)] = true;

  std::vector<bool> is_border(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!same[i] || !costly[i] || !read_by_others[i]) continue;
    FrozenPart::Border border{.layer = i, .node = layers[i].node, .shape = record_shape(layers[i].output)};
    if (border.shape.empty()) continue;
    is_border[i] = true;
    border.run.assign(layers.size(), false);
    border.run[i] = true;
    std::vector<bool> reads(steady.size());
    for (std::size_t at = i + 1; at-- > 0;) {
      if (!border.run[at]) continue;
      for (const LayerPlan::Input& from : layers[at].from) {
        if (from.layer >= 0) border.run[static_cast<std::size_t>(from.layer)] = true;
        if (from.field >= 0) reads[static_cast<std::size_t>(from.field)] = true;
      }
    }
    for (std::size_t field = 0; field < reads.size(); ++field)
      if (reads[field]) border.fields.push_back(field);
    part.borders.push_back(std::move(border));
  }
  if (part.borders.empty()) return part;

  // From the loss backwards: what is still wanted when the borders' outputs are there.
  part.rest.assign(layers.size(), false);
  std::vector<std::size_t> readers(steady.size());
  const auto want = [&](const LayerPlan& reader) {
    for (const LayerPlan::Input& from : reader.from) {
      if (from.layer >= 0 && !is_border[static_cast<std::size_t>(from.layer)])
        part.rest[static_cast<std::size_t>(from.layer)] = true;
      if (from.field >= 0) ++readers[static_cast<std::size_t>(from.field)];
    }
  };
  want(network.loss);
  for (std::size_t i = layers.size(); i-- > 0;)
    if (part.rest[i]) want(layers[i]);
  for (const FrozenPart::Border& border : part.borders)
    for (const std::size_t field : border.fields) ++readers[field];
  for (const FrozenPart::Border& border : part.borders) {
    const bool alone = border.fields.size() == 1 && readers[border.fields.front()] == 1;
    part.spared.push_back(alone ? border.fields.front() : kNoField);
  }
  return part;
}

}  // namespace feedline::inline training
