// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/fix.h"
#include "tuning/live_run.h"
#include "tuning/ratio.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace feedline::inline tuning {

/// One side of a proof.
struct ProofSide {
  double samples_per_s = 0;  ///< median of the slices
  double wait_share = 0;     ///< of the step's time that it waits for a batch
  /// Seconds an epoch that the step waits for data; what loading everything first takes is shared out among the epochs
  /// that the trainer is set to.
  double preparation_s = 0;
  double epoch_s = 0;         ///< seconds an epoch, loading first shared out likewise
  double load_s = 0;          ///< before the first step
  std::uint64_t records = 0;  ///< an epoch
};

struct Proof {
  RatioEstimate rate{};         ///< of B beside A
  std::vector<double> pairs{};  ///< the ratio of each pair, in the order in which they were measured
  ProofSide a{};
  ProofSide b{};
  bool restarted = false;  ///< the two could not be kept side by side, each slice had a run of its own
  [[nodiscard]] bool keep() const { return rate.surely_faster(); }
};

struct ProveOptions {
  MeasureOptions measure{};
  double seconds = 20;           ///< of measuring, both sides together, warm-up not counted
  double slice = 0.7;            ///< of one measurement
  double warm_up = 6;            ///< at most, of a side
  std::size_t least_pairs = 5;   ///< however long they take
  double precise_enough = 0.01;  ///< ends early once the interval is this narrow (half of it, as a share)
  /// After each pair, with what is known by then. May be empty.
  std::function<void(const Proof& so_far)> on_pair{};
};

/// Runs A and B in turn on this machine, in pairs whose order alternates (A B, B A, ...), and compares their rates.
/// Both stay alive and rest while it is not their turn; where they need different numbers of threads within an
/// operation, which the process has only one of, each is started anew for its turn. Errors: of either run; Cancelled.
[[nodiscard]] Result<Proof> prove(const Document& a, const Document& b, const ProveOptions& options);
/// The same with two runs that are warm and rest.
[[nodiscard]] Result<Proof> prove(std::unique_ptr<LiveRun> a, std::unique_ptr<LiveRun> b, const ProveOptions& options);

/// The document with the fix. Errors: it does not apply.
[[nodiscard]] Result<Document> with_edit(const Document& document, const Edit& edit);

}  // namespace feedline::inline tuning
