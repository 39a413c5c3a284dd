// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/conv_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "nodes/model/shared_norm.h"
#include "nodes/model/winograd/winograd_conv.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr double kNormMomentum = 0.1;  // torchvision's, of all three families
constexpr double kNormEpsilon = 1e-5;
/// Of what a block gives of the pictures that run together.
constexpr std::int64_t kBytesAhead = std::int64_t{13} << 19;

/// In place where nothing of `y` is needed for the backward pass.
at::Tensor unit_function(UnitFunction function, at::Tensor y) {
  switch (function) {
    case UnitFunction::Relu:
      return at::relu_(y);
    case UnitFunction::Relu6:
      return at::hardtanh_(y, 0, 6);
    case UnitFunction::Silu:
      return y.requires_grad() ? at::silu(y) : at::silu_(y);
    case UnitFunction::None:
      break;
  }
  return y;
}

OutputRange unit_range(UnitFunction function) {
  if (function == UnitFunction::Relu) return {.least = 0};
  if (function == UnitFunction::Relu6) return {.least = 0, .most = 6};
  return {};
}

/// How many pictures run through this block together.
std::int64_t rows_ahead(const ConvBlock& block, const at::Tensor& x) {
  std::int64_t shrinks = block.pool ? 2 : 1;
  for (const ConvUnit& unit : block.units) shrinks *= unit.stride;
  const std::int64_t places = std::max<std::int64_t>(1, x.size(2) * x.size(3) / (shrinks * shrinks));
  const std::int64_t bytes = std::int64_t{sizeof(float)} * block.units.back().out * places;
  return std::max<std::int64_t>(1, kBytesAhead / bytes);
}

}  // namespace

ConvNetLayer::ConvNetLayer(ConvNet net, PretrainedSettings settings, bool map)
    : BackboneLayer(std::move(settings), net.names(), net.head), map_(map) {
  const auto tree = std::make_shared<TensorTree>();
  for (std::size_t stage = 0; stage < net.stages.size(); ++stage)
    for (const ConvBlock& is : net.stages[stage].blocks) {
      Block& block = blocks_.emplace_back();
      block.is = is;
      block.stage = stage;
      block.units = made(*tree, is.units);
      block.squeeze = made(*tree, is.squeeze);
      block.shortcut = made(*tree, is.shortcut);
    }
  hold(tree, net.drops());
}

std::vector<ConvNetLayer::Unit> ConvNetLayer::made(TensorTree& tree, const std::vector<ConvUnit>& units) {
  std::vector<Unit> all;
  for (const ConvUnit& is : units) {
    Unit& unit = all.emplace_back();
    unit.is = is;
    const double deviation = std::sqrt(2.0 / static_cast<double>(is.out * is.kernel * is.kernel));
    const at::Tensor start = at::empty({is.out, is.in / is.groups, is.kernel, is.kernel}).normal_(0, deviation);
    unit.tensors.weight = tree.parameter(is.conv + ".weight", start);
    if (is.norm.empty()) {
      unit.bias = tree.parameter(is.conv + ".bias", at::zeros({is.out}));
      continue;
    }
    unit.tensors.scale = tree.parameter(is.norm + ".weight", at::ones({is.out}));
    unit.tensors.shift = tree.parameter(is.norm + ".bias", at::zeros({is.out}));
    unit.tensors.mean = tree.buffer(is.norm + ".running_mean", at::zeros({is.out}));
    unit.tensors.variance = tree.buffer(is.norm + ".running_var", at::ones({is.out}));
    tree.buffer(is.norm + ".num_batches_tracked", at::zeros({}, at::kLong));
  }
  return all;
}

at::Tensor ConvNetLayer::adapted(std::string_view own_name, const at::Tensor& found) const {
  const ConvUnit& first = blocks_.front().units.front().is;
  if (own_name == first.conv + ".weight" && first.in == 1 && found.dim() == 4 && found.size(1) == 3)
    return found.sum(1, /*keepdim=*/true);
  return found;
}

void ConvNetLayer::note_frozen() {
  for (Block& block : blocks_)
    for (std::vector<Unit>* units : {&block.units, &block.shortcut})
      for (Unit& unit : *units) {
        if (!unit.tensors.scale.defined()) continue;
        unit.keeps = settings().freeze_statistics && !unit.tensors.scale.requires_grad();
        unit.folded = unit.keeps && !unit.tensors.weight.requires_grad() && !unit.tensors.shift.requires_grad();
        if (unit.folded) continue;
        unit.fold.clear();
        unit.packed.clear();
      }
  const auto learns = [](const Unit& unit) {
    const auto asks = [](const at::Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); };
    return asks(unit.tensors.weight) || asks(unit.tensors.scale) || asks(unit.tensors.shift) || asks(unit.bias);
  };
  const auto any_learns = [&](const Block& block) {
    return std::any_of(block.units.begin(), block.units.end(), learns) ||
           std::any_of(block.squeeze.begin(), block.squeeze.end(), learns) ||
           std::any_of(block.shortcut.begin(), block.shortcut.end(), learns);
  };
  const auto first = std::find_if(blocks_.begin(), blocks_.end(), any_learns);
  frozen_ahead_ = settings().freeze_statistics ? static_cast<std::size_t>(first - blocks_.begin()) : 0;
}

at::Tensor ConvNetLayer::forward(std::span<const at::Tensor> in) {
  at::Tensor x = in[0];
  const bool ahead = x.is_cpu() && !(at::GradMode::is_enabled() && x.requires_grad());
  if (ahead) x = run_ahead(std::move(x));
  for (std::size_t i = ahead ? frozen_ahead_ : 0; i < blocks_.size(); ++i) x = run(blocks_[i], std::move(x));
  return map_ ? x : x.mean({2, 3});
}

at::Tensor ConvNetLayer::run_ahead(at::Tensor x) {
  std::size_t first = 0;
  while (first < frozen_ahead_) {
    const std::int64_t rows = rows_ahead(blocks_[first].is, x);
    std::vector<at::Tensor> parts;
    std::size_t last = first;
    for (at::Tensor part : x.split(rows)) {
      last = first;
      do part = run(blocks_[last], std::move(part));
      while (++last < frozen_ahead_ && rows_ahead(blocks_[last].is, part) < 2 * rows);
      parts.push_back(std::move(part));
    }
    first = last;
    x = parts.size() == 1 ? parts.front() : at::cat(parts);
  }
  return x;
}

at::Tensor ConvNetLayer::run(Block& block, at::Tensor x) {
  if (block.is.pool) x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
  const bool drops = block.is.drop > 0 && learns() && !stage_frozen(block.stage);
  // The sum is taken with the last norm, where nothing stands between the two.
  const bool joins = block.is.residual && !drops && block.squeeze.empty() &&
                     block.is.units.back().function == UnitFunction::None && !block.units.back().is.norm.empty();
  at::Tensor y = x;
  for (std::size_t i = 0; i + (joins ? 1 : 0) < block.units.size(); ++i) {
    y = run(block.units[i], y);
    if (block.squeeze.empty() || i != block.is.squeeze_behind) continue;
    const at::Tensor means = y.mean({2, 3}, /*keepdim=*/true);
    y = y * at::sigmoid(run(block.squeeze[1], run(block.squeeze[0], means)));
  }
  if (!block.is.residual) return y;
  const at::Tensor skip = block.shortcut.empty() ? x : run(block.shortcut.front(), x);
  if (joins) return run(block.units.back(), y, block.is.joined, skip);
  if (drops) y = y * kept(y, {y.size(0), 1, 1, 1}, 1 - block.is.drop);
  return unit_function(block.is.joined, y.add_(skip));
}

at::Tensor ConvNetLayer::convolved(const Unit& unit, const at::Tensor& x, const at::Tensor& weight,
                                   const at::Tensor& bias) const {
  const ConvUnit& is = unit.is;
  const std::int64_t padding = (is.kernel - 1) / 2;
  const std::int64_t places = ((x.size(2) - 1) / is.stride + 1) * ((x.size(3) - 1) / is.stride + 1);
  const double flops = 2.0 * static_cast<double>(weight.numel()) * static_cast<double>(places);
  const bool filters = minimal(unit, x);
  return in_slices(x, filters ? flops / 3 : flops, [&](const at::Tensor& rows) {
    at::Tensor part =
        filters ? winograd_conv(rows, weight, bias)
                : at::conv2d(rows, weight, bias, {is.stride, is.stride}, {padding, padding}, {1, 1}, is.groups);
    if (rows.size(0) < x.size(0)) between(part);
    return part;
  });
}

const FoldedConv& ConvNetLayer::folded_of(Unit& unit) {
  return unit.fold.of(unit.tensors, kNormEpsilon, [](FoldedConv made) { return made; });
}

bool ConvNetLayer::minimal(const Unit& unit, const at::Tensor& x) const {
  return learns() && unit.is.stride == 1 && unit.is.groups == 1 && winograd_fits(x, unit.tensors.weight);
}

at::Tensor ConvNetLayer::run_fixed(Unit& unit, const at::Tensor& x, UnitFunction function, const at::Tensor& other) {
  constexpr std::int64_t most_rows = 16;  // between two parts that are told
  if (!unit.folded || unit.is.groups > 1 || !packed_fits(x, unit.tensors.weight)) return {};
  const bool filters = minimal(unit, x);
  if (filters && other.defined()) return {};
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < x.size(0); first += most_rows) {
    const std::int64_t rows = std::min(most_rows, x.size(0) - first);
    const at::Tensor some = x.narrow(0, first, rows);
    if (filters) {
      const FoldedConv& folded = folded_of(unit);
      parts.push_back(winograd_conv_within(some, folded.weight, folded.bias, unit_range(function)));
    } else {
      const PackedFilters& packed = unit.packed.of(unit.tensors, kNormEpsilon, [](const FoldedConv& folded) {
        return PackedFilters::of(folded.weight, folded.bias);
      });
      parts.push_back(packed_conv(some, packed, unit.is.stride, unit_range(function),
                                  other.defined() ? other.narrow(0, first, rows) : other));
    }
    if (rows < x.size(0)) between(parts.back());
  }
  at::Tensor y = parts.size() == 1 ? parts.front() : at::cat(parts);
  return function == UnitFunction::Silu ? at::silu_(y) : y;
}

at::Tensor ConvNetLayer::run(Unit& unit, const at::Tensor& x, UnitFunction function, const at::Tensor& other) {
  const NormedConv& of = unit.tensors;
  at::Tensor y = run_fixed(unit, x, function, other);
  if (y.defined()) {
    between(y);
    return y;
  }
  if (unit.folded) {
    const FoldedConv& folded = folded_of(unit);
    y = convolved(unit, x, folded.weight, folded.bias);
    if (other.defined()) y = y.add_(other);
  } else {
    y = convolved(unit, x, of.weight, unit.bias);
    if (!unit.is.norm.empty()) {
      const bool relu = function == UnitFunction::Relu;
      y = batch_normalised(y, {of.scale, of.shift, of.mean, of.variance}, learns() && !unit.keeps, kNormMomentum,
                           kNormEpsilon, {.other = other, .relu = relu});
      if (relu) function = UnitFunction::None;
    }
  }
  y = unit_function(function, std::move(y));
  between(y);
  return y;
}

}  // namespace feedline::inline nodes

#endif
