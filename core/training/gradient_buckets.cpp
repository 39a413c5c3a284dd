// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/gradient_buckets.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {
namespace {

/// The first bucket is small, so that something is on its way early.
constexpr std::size_t kEarlyBucketBytes = std::size_t{1} << 20;

}  // namespace

/// Stands behind the accumulation of a parameter's gradient.
class GradientBuckets::Hook final : public torch::autograd::FunctionPostHook {
 public:
  Hook(GradientBuckets& buckets, std::size_t bucket, std::size_t replica)
      : buckets_(buckets), bucket_(bucket), replica_(replica) {}
  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list& /*inputs*/) override {
    buckets_.ready(bucket_, replica_);
    return outputs;
  }

 private:
  GradientBuckets& buckets_;
  std::size_t bucket_;
  std::size_t replica_;
};

GradientBuckets::GradientBuckets(const FlatParameters& parameters, std::size_t replicas, std::size_t bytes, Calls calls)
    : calls_(std::move(calls)), bucket_of_(parameters.borders().size() - 1), told_by_(replicas) {
  const std::vector<std::int64_t>& borders = parameters.borders();
  const std::size_t number = parameters.values().element_size();
  std::size_t room = 0;
  for (std::size_t i = bucket_of_.size(); i-- > 0;) {
    const std::int64_t count = borders[i + 1] - borders[i];
    if (room == 0) {
      buckets_.push_back(std::make_unique<Bucket>(replicas));
      room = std::max<std::size_t>(buckets_.size() == 1 ? std::min(kEarlyBucketBytes, bytes) : bytes, 1);
    }
    FlatParameters::Range& range = buckets_.back()->range;
    range.first = borders[i];
    range.count += count;
    bucket_of_[i] = buckets_.size() - 1;
    room -= std::min(room, static_cast<std::size_t>(count) * number);
  }
  for (auto& told : told_by_) told.resize(bucket_of_.size());
}

void GradientBuckets::watch(const std::vector<at::Tensor>& parameters, std::size_t replica) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto& told_by = told_by_[replica][i];
    if (told_by != nullptr || !parameters[i].requires_grad()) continue;
    told_by = torch::autograd::impl::grad_accumulator(parameters[i]);
    told_by->add_post_hook(std::make_unique<Hook>(*this, bucket_of_[i], replica));
    ++buckets_[bucket_of_[i]]->watched[replica];
  }
}

void GradientBuckets::begin() {
  for (const auto& bucket : buckets_) {
    std::size_t waits_for = 0;
    for (std::size_t i = 0; i < told_by_.size(); ++i) {
      bucket->missing[i] = bucket->watched[i];
      if (bucket->watched[i] > 0) ++waits_for;
    }
    bucket->replicas_missing = waits_for;
  }
  next_ = 0;
  under_way_ = true;
}

void GradientBuckets::ready(std::size_t index, std::size_t replica) {
  if (!under_way_.load(std::memory_order_acquire)) return;
  Bucket& bucket = *buckets_[index];
  if (bucket.missing[replica].fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (calls_.arrived) calls_.arrived(index, replica);
  if (bucket.replicas_missing.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::lock_guard lock(mutex_);
  while (next_ < buckets_.size() && buckets_[next_]->replicas_missing.load(std::memory_order_acquire) == 0)
    calls_.leave(next_++);
}

void GradientBuckets::leave_rest() {
  if (!under_way_.exchange(false)) next_ = 0;
  while (next_ < buckets_.size()) calls_.leave(next_++);
}

}  // namespace feedline::inline training
