// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/conv_net.h"

#include <algorithm>
#include <utility>

namespace feedline::inline nodes {
namespace {

std::int64_t halved(std::int64_t size, std::int64_t stride) { return (size + stride - 1) / stride; }

/// Adds up what units take, on a picture that grows smaller.
class ConvNetCost {
 public:
  explicit ConvNetCost(std::int64_t height, std::int64_t width) : height_(height), width_(width) {}

  void add(const ConvBlock& block) {
    if (block.pool) shrink(2);
    for (const ConvUnit& unit : block.shortcut) count(unit, halved(height_, unit.stride) * halved(width_, unit.stride));
    for (const ConvUnit& unit : block.units) {
      shrink(unit.stride);
      count(unit, height_ * width_);
    }
    for (const ConvUnit& unit : block.squeeze) count(unit, 1);
  }
  [[nodiscard]] const LayerCost& cost() const { return cost_; }

 private:
  void shrink(std::int64_t stride) {
    height_ = halved(height_, stride);
    width_ = halved(width_, stride);
  }
  void count(const ConvUnit& unit, std::int64_t places) {
    const std::int64_t weights = unit.out * (unit.in / unit.groups) * unit.kernel * unit.kernel;
    cost_.parameters += weights + (unit.norm.empty() ? unit.out : 2 * unit.out);
    cost_.buffers += unit.norm.empty() ? 0 : 2 * unit.out + 1;
    cost_.multiply_adds += static_cast<double>(weights) * static_cast<double>(places);
  }

  std::int64_t height_;
  std::int64_t width_;
  LayerCost cost_{};
};

}  // namespace

std::vector<BackboneStage> ConvNet::names() const {
  std::vector<BackboneStage> all;
  for (const ConvStage& stage : stages) all.push_back(stage.names);
  return all;
}

bool ConvNet::drops() const {
  for (const ConvStage& stage : stages)
    for (const ConvBlock& block : stage.blocks)
      if (block.drop > 0) return true;
  return false;
}

std::int64_t round_channels(double channels) {
  const std::int64_t rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(channels + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + 8 : rounded;
}

Result<TensorDesc> infer_conv_net(const ConvNet& net, bool map, const TensorDesc& in) {
  if (Status fits = check_pictures(in, "x"); !fits) return fail(std::move(fits.error()));
  TensorDesc out{.kind = Kind::Tensor, .dtype = DType::F32, .shape = in.shape};
  const auto shrink = [&](std::int64_t stride) {
    for (const std::size_t axis : {std::size_t{2}, std::size_t{3}})
      if (auto size = slide(out.shape[axis], {.kernel = 1, .stride = stride, .same = true})) out.shape[axis] = *size;
  };
  for (const ConvStage& stage : net.stages)
    for (const ConvBlock& block : stage.blocks) {
      if (block.pool) shrink(2);
      for (const ConvUnit& unit : block.units) shrink(unit.stride);
      out.shape[1] = block.units.back().out;
    }
  if (!map) out.shape.resize(2, Dim(0));
  return out;
}

LayerCost conv_net_cost(const ConvNet& net, const TensorDesc& in) {
  ConvNetCost sum(in.shape[2].size(), in.shape[3].size());
  for (const ConvStage& stage : net.stages)
    for (const ConvBlock& block : stage.blocks) sum.add(block);
  return sum.cost();
}

std::int64_t channels_in(const TensorDesc& in) {
  return in.shape.size() == 4 && in.shape[1].known() ? in.shape[1].size() : 3;
}

}  // namespace feedline::inline nodes
