// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/estimator.h"

#include "schema/half.h"

#include <algorithm>

namespace feedline::inline schema {
namespace {

template <class T>
void copy_as_floats(const EstimatorInput& input, std::span<float> out) {
  std::ranges::transform(input.values<T>(), out.begin(), [](T number) { return static_cast<float>(number); });
}

/// For types that are stored as another.
template <class Stored, class Convert>
void copy_bytes_as_floats(const EstimatorInput& input, std::span<float> out, Convert convert) {
  const std::span stored(reinterpret_cast<const Stored*>(input.data), input.rows * input.columns());
  std::ranges::transform(stored, out.begin(), convert);
}

}  // namespace

void EstimatorInput::copy_to(std::span<float> out) const {
  switch (record.dtype) {
    case DType::U8:
      return copy_as_floats<std::uint8_t>(*this, out);
    case DType::I32:
      return copy_as_floats<std::int32_t>(*this, out);
    case DType::I64:
      return copy_as_floats<std::int64_t>(*this, out);
    case DType::F32:
      return copy_as_floats<float>(*this, out);
    case DType::Bool:
      return copy_bytes_as_floats<std::uint8_t>(*this, out,
                                                [](std::uint8_t number) { return number == 0 ? 0.0F : 1.0F; });
    case DType::F16:
      return copy_bytes_as_floats<std::uint16_t>(*this, out, half_to_float);
    case DType::F64:
      return copy_as_floats<double>(*this, out);
  }
}

EstimatorInput EstimatorInput::slice(std::size_t first, std::size_t count) const {
  EstimatorInput part = *this;
  part.rows = count;
  if (data != nullptr) part.data = data + first * columns() * size_of(record.dtype);
  return part;
}

Status Estimator::load(const NamedTensors&) { return fail("it keeps nothing that could be loaded"); }

}  // namespace feedline::inline schema
