// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace at {
class Tensor;
}

namespace feedline::inline schema {

/// What the replicas of a network tell each other in the midst of a pass, so that a layer may work with the rows of
/// all of them: a norm that is synchronised.
class ReplicaExchange {
 public:
  virtual ~ReplicaExchange() = default;
  /// Of all replicas, in their order, one below the other: R×K from K numbers (f64, 1-d, on the CPU). Zeros of one that
  /// takes no part. Every replica asks at the same places of its pass, forward and backward, with as many numbers.
  /// Throws what ends a step.
  [[nodiscard]] virtual at::Tensor gather(const at::Tensor& own) = 0;
  /// False: this replica has no rows of the batch, and goes through the pass so that the others need not wait. What it
  /// gathers counts for nothing.
  [[nodiscard]] virtual bool has_rows() const = 0;

  /// That of the pass in which this thread is; null: its replica works by itself.
  [[nodiscard]] static ReplicaExchange* current();
};

/// ReplicaExchange::current() of this thread, as long as it lives.
class ReplicaExchangeInUse {
 public:
  explicit ReplicaExchangeInUse(ReplicaExchange* exchange);
  ~ReplicaExchangeInUse();
  ReplicaExchangeInUse(const ReplicaExchangeInUse&) = delete;
  ReplicaExchangeInUse& operator=(const ReplicaExchangeInUse&) = delete;

 private:
  ReplicaExchange* before_;
};

}  // namespace feedline::inline schema
