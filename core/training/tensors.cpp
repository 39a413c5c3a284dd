// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/tensors.h"

#include <array>
#include <cstring>

namespace feedline::inline training {

at::ScalarType scalar_type(DType type) {
  constexpr std::array<at::ScalarType, kDTypes> types = {at::kByte, at::kInt,  at::kLong,  at::kFloat,
                                                         at::kBool, at::kHalf, at::kDouble};
  return types[static_cast<std::size_t>(type)];
}

at::Tensor batch_of_one(const PreviewValue& value) {
  std::vector<std::int64_t> shape{1};
  for (const Dim& dim : value.desc.shape) shape.push_back(dim.size());
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(scalar_type(value.desc.dtype)));
  if (!value.data.empty()) std::memcpy(tensor.data_ptr(), value.data.data(), value.data.size());
  return tensor;
}

PreviewValue to_value(const at::Tensor& tensor) {
  const at::Tensor numbers = tensor.detach().to(at::kFloat).contiguous();
  PreviewValue value;
  value.desc.kind = Kind::Tensor;
  value.desc.dtype = DType::F32;
  value.desc.layout = numbers.dim() == 3 ? Layout::CHW : Layout::None;
  for (const std::int64_t size : numbers.sizes()) value.desc.shape.emplace_back(size);
  value.data.resize(static_cast<std::size_t>(numbers.numel()) * sizeof(float));
  if (!value.data.empty()) std::memcpy(value.data.data(), numbers.data_ptr(), value.data.size());
  return value;
}

}  // namespace feedline::inline training
