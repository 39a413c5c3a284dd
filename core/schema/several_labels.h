// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// A label of which a record may have any number of values, or none: f32, one number a class of
// TensorDesc::class_names, 1 where the record has it, else 0. It counts as a number (classes is 0), and losses such as
// multi_label_cross_entropy take it.

#include "schema/datum.h"
#include "schema/tensor_desc.h"

#include <cstddef>
#include <cstring>
#include <span>
#include <string>

namespace feedline::inline schema {

/// Of one record, or of a batch of them.
[[nodiscard]] inline bool has_several_labels(const TensorDesc& desc) {
  const std::size_t dims = desc.kind == Kind::Label ? 1 : desc.kind == Kind::Target ? 2 : 0;
  return dims != 0 && desc.shape.size() == dims && desc.dtype == DType::F32 && desc.classes == Dim(0);
}

/// The names of those that a record has, "drama, comedy"; empty: none, or `value` is no such label.
[[nodiscard]] inline std::string label_words(const TensorDesc& desc, std::span<const std::byte> value) {
  std::string words;
  if (value.size() != desc.class_names.size() * sizeof(float)) return words;
  for (std::size_t i = 0; i < desc.class_names.size(); ++i) {
    float has = 0;
    std::memcpy(&has, value.data() + i * sizeof has, sizeof has);
    if (has > 0.5F) words += (words.empty() ? "" : ", ") + desc.class_names[i];
  }
  return words;
}

/// Makes room for the labels of a record, and leaves it without any. `desc`: of one record, its size known.
inline float* put_no_labels(const TensorDesc& desc, Datum& out) {
  const std::int64_t classes = desc.shape.front().size();
  std::byte* const to = out.allocate(DType::F32, {classes});
  std::memset(to, 0, static_cast<std::size_t>(classes) * sizeof(float));
  return reinterpret_cast<float*>(to);
}

}  // namespace feedline::inline schema
