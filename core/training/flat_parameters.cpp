// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/flat_parameters.h"

namespace feedline::inline training {
namespace {

/// Numbers of a cache line.
constexpr std::int64_t kAlignedNumbers = 16;

std::int64_t padded(std::int64_t count) { return (count + kAlignedNumbers - 1) / kAlignedNumbers * kAlignedNumbers; }

std::int64_t total(const std::vector<at::Tensor>& parameters) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : parameters) count += padded(parameter.numel());
  return count;
}

/// The part of a block where a parameter stands, in the parameter's shape and memory format.
at::Tensor part_like(const at::Tensor& block, const at::Tensor& parameter, std::int64_t offset) {
  return block.narrow(0, offset, parameter.numel()).as_strided(parameter.sizes(), parameter.strides());
}

}  // namespace

FlatParameters::FlatParameters(const std::vector<at::Tensor>& parameters, std::size_t replicas) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t count = total(parameters);
  values_ = at::zeros({count}, parameters.front().options().requires_grad(false));
  for (std::size_t i = 0; i < replicas; ++i) gradients_.push_back(at::zeros_like(values_));
  std::int64_t offset = 0;
  for (const at::Tensor& parameter : parameters) {
    part_like(values_, parameter, offset).copy_(parameter);
    point(parameter, offset, 0);
    offset += padded(parameter.numel());
  }
}

void FlatParameters::share(const std::vector<at::Tensor>& parameters, std::size_t replica) {
  const torch::NoGradGuard no_gradients;
  TORCH_CHECK(total(parameters) == values_.numel(), "a replica's parameters differ from the model's");
  std::int64_t offset = 0;
  for (const at::Tensor& parameter : parameters) {
    point(parameter, offset, replica);
    offset += padded(parameter.numel());
  }
}

void FlatParameters::point(const at::Tensor& parameter, std::int64_t offset, std::size_t replica) const {
  parameter.set_data(part_like(values_, parameter, offset));
  parameter.mutable_grad() = part_like(gradients_[replica], parameter, offset);
}

FlatParameters::Range FlatParameters::range(std::size_t shard, std::size_t shards) const {
  const std::int64_t lines = values_.numel() / kAlignedNumbers;
  const auto at = [&](std::size_t i) {
    return lines * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(shards) * kAlignedNumbers;
  };
  return {at(shard), at(shard + 1) - at(shard)};
}

std::vector<at::Tensor> FlatParameters::shards(std::size_t count) const {
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i < count; ++i) {
    const Range part = range(i, count);
    at::Tensor leaf = values_.narrow(0, part.first, part.count).detach().requires_grad_(true);
    leaf.mutable_grad() = gradients_.front().narrow(0, part.first, part.count);
    parts.push_back(std::move(leaf));
  }
  return parts;
}

std::vector<at::Tensor> FlatParameters::parts(const at::Tensor& block, const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> parts;
  std::int64_t offset = 0;
  for (const at::Tensor& parameter : parameters) {
    parts.push_back(part_like(block, parameter, offset));
    offset += padded(parameter.numel());
  }
  return parts;
}

void FlatParameters::sum_gradients(std::size_t shard, std::size_t shards) const {
  const Range part = range(shard, shards);
  at::Tensor sum = gradients_.front().narrow(0, part.first, part.count);
  for (std::size_t i = 1; i < gradients_.size(); ++i) sum.add_(gradients_[i].narrow(0, part.first, part.count));
}

void FlatParameters::zero_gradients(std::size_t shard, std::size_t shards) const {
  const Range part = range(shard, shards);
  for (const at::Tensor& block : gradients_) block.narrow(0, part.first, part.count).zero_();
}

}  // namespace feedline::inline training
