// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/flat_parameters.h"

#include <algorithm>
#include <utility>

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

FlatParameters::FlatParameters(const std::vector<at::Tensor>& parameters, std::size_t replicas,
                               std::span<const std::size_t> groups) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t count = total(parameters);
  at::TensorOptions options = parameters.front().options().requires_grad(false);
  if (!groups.empty()) options = options.device(at::kCPU);
  values_ = at::zeros({count}, options);
  for (std::size_t i = 0; i < replicas; ++i) gradients_.push_back(at::zeros_like(values_));
  for (const at::Tensor& parameter : parameters) borders_.push_back(borders_.back() + padded(parameter.numel()));
  if (!groups.empty()) move_away(parameters, groups);
  for (std::size_t i = 0; groups.empty() && i < parameters.size(); ++i) {
    part_like(values_, parameters[i], borders_[i]).copy_(parameters[i]);
    point(parameters[i], borders_[i], 0);
  }
}

void FlatParameters::move_away(const std::vector<at::Tensor>& parameters, std::span<const std::size_t> groups) {
  for (std::size_t first = 0; first < parameters.size();) {
    std::size_t end = first + 1;
    while (end < parameters.size() && groups[end] == groups[first]) ++end;
    Away away{.place = {borders_[first], borders_[end] - borders_[first]}};
    away.values = at::zeros({away.place.count}, parameters[first].options().requires_grad(false));
    away.gradients = at::zeros_like(away.values);
    for (; first < end; ++first) {
      const at::Tensor& parameter = parameters[first];
      const std::int64_t offset = borders_[first] - away.place.first;
      const at::Tensor own = part_like(away.values, parameter, offset);
      own.copy_(parameter);
      parameter.set_data(own);
      parameter.mutable_grad() = part_like(away.gradients, parameter, offset);
    }
    away_.push_back(std::move(away));
  }
}

const FlatParameters::Away* FlatParameters::away_at(std::int64_t place) const {
  const auto found =
      std::find_if(away_.begin(), away_.end(), [place](const Away& away) { return away.place.holds(place); });
  return found == away_.end() ? nullptr : &*found;
}

void FlatParameters::fetch() const {
  const torch::NoGradGuard no_gradients;
  for (const Away& away : away_) {
    values_.narrow(0, away.place.first, away.place.count).copy_(away.values);
    gradients_.front().narrow(0, away.place.first, away.place.count).copy_(away.gradients);
  }
}

void FlatParameters::send() const {
  const torch::NoGradGuard no_gradients;
  for (const Away& away : away_) {
    away.values.copy_(values_.narrow(0, away.place.first, away.place.count));
    away.gradients.copy_(gradients_.front().narrow(0, away.place.first, away.place.count));
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

std::vector<at::Tensor> FlatParameters::parts(const at::Tensor& block, const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> parts;
  std::int64_t offset = 0;
  for (const at::Tensor& parameter : parameters) {
    parts.push_back(part_like(block, parameter, offset));
    offset += padded(parameter.numel());
  }
  return parts;
}

}  // namespace feedline::inline training
