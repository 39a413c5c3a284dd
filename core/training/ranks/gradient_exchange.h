// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/clock.h"
#include "base/torch.h"
#include "telemetry/rank_sample.h"
#include "telemetry/trace.h"
#include "training/flat_parameters.h"
#include "training/gradient_buckets.h"
#include "training/ranks/process_group.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace feedline::inline training {

/// Sums the gradients of all ranks, bucket by bucket while backward runs (GradientBuckets): they leave in one order on
/// every rank. With replicas, their gradients are summed first; the sum stands in the first block then, and 0 in the
/// others.
class GradientExchange {
 public:
  struct Options {
    std::size_t bucket_bytes = std::size_t{4} << 20;
    bool in_bfloat16 = false;  ///< half the bytes, of numbers with 8 bits of precision
    Trace* trace = nullptr;    ///< gets a lane that shows each bucket on its way
  };

  /// `parameters` must outlive it.
  GradientExchange(ProcessGroup& group, const FlatParameters& parameters, Options options);

  /// As GradientBuckets::watch().
  void watch(const std::vector<at::Tensor>& parameters, std::size_t replica) { buckets_.watch(parameters, replica); }

  /// The backward pass begins whose gradients are the last of this step. On the thread that calls finish().
  void begin() { buckets_.begin(); }
  /// Sends what has not left yet, also without begin(), and waits for all. Throws StepFailed, RankLost,
  /// StepCancelled.
  void finish();
  /// What it came to so far. For the thread that calls finish().
  [[nodiscard]] CollectiveSample sample() const { return sample_; }
  [[nodiscard]] std::size_t buckets() const { return buckets_.count(); }

 private:
  /// A bucket that is on its way.
  struct Sent {
    std::unique_ptr<Collective> sum{};
    at::Tensor short_numbers{};  ///< in bfloat16
    std::size_t bytes = 0;       ///< that were sent
  };

  void send(std::size_t bucket);

  ProcessGroup& group_;
  const FlatParameters& parameters_;
  Options options_;
  GradientBuckets buckets_;
  std::vector<Sent> sent_;  ///< by bucket
  CollectiveSample sample_{};
  TraceLane* lane_ = nullptr;
  std::uint16_t label_ = 0;
};

}  // namespace feedline::inline training
