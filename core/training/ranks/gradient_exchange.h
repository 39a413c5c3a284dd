// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/clock.h"
#include "base/torch.h"
#include "telemetry/rank_sample.h"
#include "telemetry/trace.h"
#include "training/flat_parameters.h"
#include "training/ranks/process_group.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace feedline::inline training {

/// Sums the gradients of all ranks, in buckets of neighbouring parameters, those of the last layers first: backward
/// gives them first, so that a bucket is on its way while the rest is still being worked out (Li et al. 2020, "PyTorch
/// Distributed", section 3.2.3). Buckets leave in one order on every rank. With replicas, their gradients are summed
/// first; the sum stands in the first block then, and 0 in the others.
class GradientExchange {
 public:
  struct Options {
    std::size_t bucket_bytes = std::size_t{4} << 20;
    bool in_bfloat16 = false;  ///< half the bytes, of numbers with 8 bits of precision
    Trace* trace = nullptr;    ///< gets a lane that shows each bucket on its way
  };

  /// `parameters` must outlive it.
  GradientExchange(ProcessGroup& group, const FlatParameters& parameters, Options options);

  /// Is told by these, which are a replica's parameters in the order of the flat ones, when each has its gradient.
  /// Again for those that did not learn before.
  void watch(const std::vector<at::Tensor>& parameters, std::size_t replica);

  /// The backward pass begins whose gradients are the last of this step. On the thread that calls finish().
  void begin();
  /// Sends what has not left yet, also without begin(), and waits for all. Throws RankLost, StepCancelled.
  void finish();
  /// What it came to so far. For the thread that calls finish().
  [[nodiscard]] CollectiveSample sample() const { return sample_; }
  [[nodiscard]] std::size_t buckets() const { return buckets_.size(); }

 private:
  struct Bucket {
    std::int64_t first = 0;
    std::int64_t count = 0;
    std::size_t watched = 0;              ///< gradients that are told of
    std::atomic<std::size_t> missing{0};  ///< of them, in this pass
    std::unique_ptr<Collective> sum{};
    at::Tensor short_numbers{};  ///< in bfloat16
    std::size_t bytes = 0;       ///< that were sent
  };
  class Hook;

  void ready(std::size_t bucket);
  void send_next();
  void send(Bucket& bucket);

  ProcessGroup& group_;
  const FlatParameters& parameters_;
  Options options_;
  std::vector<std::unique_ptr<Bucket>> buckets_{};
  std::vector<std::size_t> bucket_of_{};                                        ///< by parameter
  std::vector<std::vector<std::shared_ptr<torch::autograd::Node>>> told_by_{};  ///< by replica and parameter
  std::atomic<bool> under_way_{false};
  std::mutex mutex_{};
  std::size_t next_ = 0;  ///< bucket to be sent
  CollectiveSample sample_{};
  TraceLane* lane_ = nullptr;
  std::uint16_t label_ = 0;
};

}  // namespace feedline::inline training
