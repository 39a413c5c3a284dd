// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "schema/replica_exchange.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

namespace feedline::inline training {

class RankAgreement;

/// Where the replicas of a process meet in the midst of a pass, and with them those of other ranks: each brings
/// numbers, and has those of all. The last one to come asks the other ranks, so that these operations stand in one
/// order on all of them, between those that the passes begin themselves.
class SharedStatistics {
 public:
  /// `ranks`, which has to outlive it, may be null. `stop` ends the waiting of the others when one of them fails.
  SharedStatistics(std::size_t members, RankAgreement* ranks, std::stop_token stop);
  ~SharedStatistics();
  SharedStatistics(const SharedStatistics&) = delete;
  SharedStatistics& operator=(const SharedStatistics&) = delete;

  /// A batch begins, in whose pass all members take part; what a pass that failed has left is forgotten.
  void begin();
  /// What a member's layers ask, on its thread; `has_rows` as ReplicaExchange says.
  [[nodiscard]] ReplicaExchange& of(std::size_t member, bool has_rows);

 private:
  class Member;
  [[nodiscard]] at::Tensor gather(std::size_t member, const at::Tensor& own);
  [[nodiscard]] at::Tensor over_ranks(const at::Tensor& here) const;

  RankAgreement* ranks_;
  std::stop_token stop_;
  std::vector<std::unique_ptr<Member>> members_{};
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<at::Tensor> brought_{};  ///< by member
  at::Tensor all_{};
  std::size_t arrived_ = 0;
  std::uint64_t round_ = 0;
};

}  // namespace feedline::inline training
