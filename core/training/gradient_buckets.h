// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "training/flat_parameters.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace feedline::inline training {

/// Gradients in buckets of neighbouring parameters, those of the last layers first: backward gives them first, so that
/// a bucket can leave while the rest is still being worked out (Li et al. 2020, "PyTorch Distributed", section 3.2.3).
/// Buckets leave in one order, each once all replicas have their gradients of it.
class GradientBuckets {
 public:
  struct Calls {
    /// On whatever thread the last of a replica's gradients of the bucket came.
    std::function<void(std::size_t bucket, std::size_t replica)> arrived{};
    /// The same of all replicas, and of all buckets before. One at a time.
    std::function<void(std::size_t bucket)> leave{};
  };

  GradientBuckets(const FlatParameters& parameters, std::size_t replicas, std::size_t bytes, Calls calls);
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  /// Is told by these, which are a replica's parameters in the order of the flat ones, when each has its gradient.
  /// Again for those that did not learn before.
  void watch(const std::vector<at::Tensor>& parameters, std::size_t replica);
  /// The backward pass begins whose gradients are the last of this step. On the thread that calls leave_rest().
  void begin();
  /// All gradients are there: what has not left yet does so, also without begin().
  void leave_rest();

  [[nodiscard]] std::size_t count() const { return buckets_.size(); }
  [[nodiscard]] FlatParameters::Range range(std::size_t bucket) const { return buckets_[bucket]->range; }

 private:
  struct Bucket {
    explicit Bucket(std::size_t replicas) : watched(replicas), missing(replicas) {}
    FlatParameters::Range range{};
    std::vector<std::size_t> watched;               ///< by replica: gradients that are told of
    std::vector<std::atomic<std::size_t>> missing;  ///< of them, in this pass
    std::atomic<std::size_t> replicas_missing{0};
  };
  class Hook;

  void ready(std::size_t bucket, std::size_t replica);

  Calls calls_;
  std::vector<std::unique_ptr<Bucket>> buckets_{};
  std::vector<std::size_t> bucket_of_{};                                        ///< by parameter
  std::vector<std::vector<std::shared_ptr<torch::autograd::Node>>> told_by_{};  ///< by replica and parameter
  std::atomic<bool> under_way_{false};
  std::mutex mutex_{};
  std::size_t next_ = 0;  ///< bucket to leave
};

}  // namespace feedline::inline training
