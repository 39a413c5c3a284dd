// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "schema/datum.h"

#include <algorithm>
#include <new>

namespace feedline::inline schema {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

void Datum::Free::operator()(std::byte* p) const { ::operator delete[](p, kAlignment); }

void Datum::grow() {
  own_.reset();  // first free, then allocate: the peak stays at one buffer
  capacity_ = 0;
  const std::size_t wanted = std::max<std::size_t>(bytes_ + kSpare, 64);
  own_.reset(static_cast<std::byte*>(::operator new[](wanted, kAlignment)));
  capacity_ = wanted;
}

std::int64_t Datum::label() const {
  std::int64_t label = 0;
  if (bytes_ == sizeof label) std::memcpy(&label, data_, sizeof label);
  return label;
}

void Datum::set_bytes(std::string_view bytes) {
  std::byte* to = allocate(DType::U8, {static_cast<std::int64_t>(bytes.size())});
  std::memcpy(to, bytes.data(), bytes.size());
}

std::string Datum::text() const {
  TensorDesc desc{.kind = Kind::Image, .dtype = dtype_, .layout = layout_};
  for (const std::int64_t d : dims()) desc.shape.emplace_back(d);
  return desc.text();
}

}  // namespace feedline::inline schema
