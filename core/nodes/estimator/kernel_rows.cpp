// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/kernel_rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// Points whose values one thread works out at a time.
constexpr std::size_t kPointsAtOnce = 1024;

}  // namespace

void KernelFunction::apply(std::span<float> pairs) const {
  const auto by = static_cast<float>(gamma);
  const auto plus = static_cast<float>(offset);
  switch (form) {
    case Form::Rbf:
      for (float& pair : pairs) pair = std::exp(-by * pair);
      return;
    case Form::Polynomial:
      for (float& pair : pairs) {
        const float base = by * pair + plus;
        float power = 1;
        for (int i = 0; i < degree; ++i) power *= base;
        pair = power;
      }
      return;
    case Form::Sigmoid:
      for (float& pair : pairs) pair = std::tanh(by * pair + plus);
      return;
    case Form::Linear:
      return;
  }
}

KernelRows::KernelRows(const KernelFunction& kernel, std::vector<const float*> points, std::size_t columns,
                       double bytes)
    : kernel_(kernel), points_(std::move(points)), columns_(columns), slot_of_(points_.size(), kNone) {
  const double row_bytes = static_cast<double>(std::max<std::size_t>(size(), 1)) * sizeof(float);
  most_slots_ = static_cast<std::size_t>(
      std::clamp(bytes / row_bytes, 2.0, static_cast<double>(std::max<std::size_t>(size(), 2))));
  diagonal_.reserve(size());
  for (const float* const point : points_) {
    float own = 0;
    pair_rows(kernel_.pair(), std::span(&point, 1), std::span(&point, 1), columns_, &own, 1);
    kernel_.apply(std::span(&own, 1));
    diagonal_.push_back(own);
  }
}

const float* KernelRows::row(std::size_t index, FitPace& pace) {
  std::size_t slot = slot_of_[index];
  if (slot == kNone) {
    if (slots_.size() < most_slots_) {
      slot = slots_.size();
      slots_.push_back({.numbers = std::make_unique<float[]>(size())});
    } else {
      slot = oldest_;
      if (slots_[slot].row != kNone) slot_of_[slots_[slot].row] = kNone;
      slots_[slot].row = kNone;
    }
    if (!fill(slots_[slot].numbers.get(), index, pace)) return nullptr;
    slots_[slot].row = index;
    slot_of_[index] = slot;
  }
  make_newest(slot);
  return slots_[slot].numbers.get();
}

void KernelRows::make_newest(std::size_t slot) {
  if (newest_ == slot) return;
  Slot& moved = slots_[slot];
  if (moved.newer != kNone) slots_[moved.newer].older = moved.older;
  if (moved.older != kNone) slots_[moved.older].newer = moved.newer;
  if (oldest_ == slot) oldest_ = moved.newer;
  moved.newer = kNone;
  moved.older = newest_;
  if (newest_ != kNone) slots_[newest_].newer = slot;
  newest_ = slot;
  if (oldest_ == kNone) oldest_ = slot;
}

bool KernelRows::fill(float* to, std::size_t index, FitPace& pace) const {
  const float* const point = points_[index];
  const std::size_t parts = (size() + kPointsAtOnce - 1) / kPointsAtOnce;
  return pace.each(parts, static_cast<double>(size() * columns_), [&](std::size_t part, const std::atomic<bool>&) {
    const std::size_t first = part * kPointsAtOnce;
    const std::size_t count = std::min(kPointsAtOnce, size() - first);
    pair_rows(kernel_.pair(), std::span(&point, 1), std::span(points_).subspan(first, count), columns_, to + first,
              count);
    kernel_.apply({to + first, count});
  });
}

}  // namespace feedline::inline nodes
