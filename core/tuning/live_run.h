// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/verdict.h"
#include "training/rank_helpers.h"
#include "training/run.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace feedline::inline tuning {

/// What a run needs before it can be measured, about; for telling people how long something will take.
inline constexpr double kUsualWarmUp = 2;

/// What all short measuring runs share.
struct MeasureOptions {
  RunOptions run{};  ///< device, seed, staged, cache folder, max_records; epochs and validation are set here
  std::optional<std::uint64_t> memory{};  ///< bytes that caches may take; unset: what is free
  std::size_t most_workers = 0;           ///< 0: see RunFacts::workers_limit()
  std::uint64_t records = 0;              ///< an epoch really has, where run.max_records hides it
  /// More than one process: each run is shared out among so many, this one being rank 0.
  HelperPlan helpers{};
  std::stop_token stop{};
  /// What is being done, for people, and about how many seconds the whole will still take. May be empty. From the
  /// calling thread.
  std::function<void(std::string_view what, double seconds_left)> progress{};

  void tell(std::string_view what, double seconds_left) const {
    if (progress) progress(what, seconds_left);
  }
  /// The same for the first part of something that takes so many seconds longer.
  [[nodiscard]] MeasureOptions before(double seconds) const;
};

/// A piece of a run between two steps.
struct Slice {
  Snapshot from{};
  Snapshot to{};
  [[nodiscard]] double samples_per_s() const;
  /// With what all were delayed taken off: see LiveRun::speed_up().
  [[nodiscard]] double virtual_samples_per_s() const;
  [[nodiscard]] double seconds() const { return feedline::seconds(to.at - from.at); }
  [[nodiscard]] double samples_in(Nanos time) const;  ///< a second, had they taken so long
};

/// A run without end that is measured slice by slice, resting in between, so that several can take turns on one machine
/// without being started anew. Used by one thread.
class LiveRun {
 public:
  /// Begins at once. What hinders it, warm_up() tells.
  LiveRun(Document document, const MeasureOptions& options);
  ~LiveRun();
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;

  /// Waits until the rates are steady: some steps, and where there are caches a whole epoch, as long as that lasts no
  /// longer than `most_seconds`. Errors: of the run (node, file, remedy); Cancelled.
  [[nodiscard]] Status warm_up(double most_seconds = 6);
  /// Lets the run go on for so long, from the end of a step to the end of another. After a rest, the batches that were
  /// prepared ahead are used up first.
  [[nodiscard]] Result<Slice> measure(double seconds);
  void rest();
  /// From now on a node of the data side, or the training step where it is the trainer, looks `factor` times faster;
  /// 1 ends it. False: the run cannot, because it does not load by this node.
  bool speed_up(std::string_view node, double factor);

  /// After warm_up(): the graph's facts with what the run and the machine make of them.
  [[nodiscard]] const RunFacts& facts() const { return facts_; }
  [[nodiscard]] const Started& started() const { return *started_; }
  /// Seconds that the run needed from its first look at the data to its first step.
  [[nodiscard]] double first_wait() const { return first_wait_; }
  [[nodiscard]] const Document& document() const { return document_; }

 private:
  [[nodiscard]] Status wait_until(const std::function<bool()>& reached);
  [[nodiscard]] Status wait_for_step();
  [[nodiscard]] Status use_up_batches();
  [[nodiscard]] Error failure() const;
  [[nodiscard]] bool failed() const;
  void receive(const Fact& fact);
  void fail_with(const Error& error);
  [[nodiscard]] Status share_out(RunOptions& run);

  Document document_;
  const MeasureOptions& options_;
  RunFacts facts_{};
  bool rested_ = false;
  bool other_speed_ = false;  ///< and what is ready was prepared at the old one
  double first_wait_ = 0;

  mutable std::mutex mutex_{};
  std::optional<Started> started_{};
  std::optional<Error> failure_{};
  const std::shared_ptr<std::atomic<bool>> hurry_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<RankHelpers> helpers_{};
  std::unique_ptr<Run> run_{};  // last: its thread uses the others
};

/// Facts of a run that has started.
[[nodiscard]] RunFacts run_facts(const Document& document, const Started& started);

/// So that caches fill within a warm-up: measures on the first records only, as many as last `seconds` at this rate.
void shorten_epochs(MeasureOptions& options, const RunFacts& facts, double samples_per_s, double seconds = 2);

/// Runs the graph for a while after its warm-up and diagnoses it.
struct Examination {
  Document document{};
  RunFacts facts{};
  Diagnosis diagnosis{};
  double load_s = 0;  ///< before the first step
};
[[nodiscard]] Result<Examination> examine(const Document& document, const MeasureOptions& options, double seconds);

}  // namespace feedline::inline tuning
