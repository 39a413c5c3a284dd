// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: what the run's thread shares with whoever watches and steers it.

#include "engine/pipeline.h"
#include "telemetry/process_meter.h"
#include "telemetry/series.h"
#include "training/run.h"
#include "training/trainer_meter.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

namespace feedline::inline training {

class RunState {
 public:
  explicit RunState(std::function<void(const Fact&)> on_fact) : on_fact_(std::move(on_fact)) {}

  // Steering, from any thread.
  void pause();
  void resume();
  void stop();
  /// No further step; that in hand goes on to its end. While nothing flows yet: stop().
  void stop_behind_step();
  [[nodiscard]] bool paused() const;
  std::size_t set_workers(std::string_view node, std::size_t workers);
  bool speed_up(std::string_view node, double factor);
  [[nodiscard]] Snapshot snapshot() const;
  /// The run has ended: its last snapshot. Time stands still for those that are taken later, so that none is newer
  /// than what the run reports.
  [[nodiscard]] Snapshot last_snapshot();
  [[nodiscard]] std::vector<NodeDurations> durations() const;

  // For the run's thread.
  [[nodiscard]] std::stop_token stop_token() const { return stop_.get_token(); }
  [[nodiscard]] bool stop_requested() const { return stop_.stop_requested(); }
  /// By stop() or stop_behind_step().
  [[nodiscard]] bool end_requested() const { return stop_requested() || ends_behind_step_.load(); }
  /// Hands a fact to the receiver, one at a time; whatever it throws ends here. From the run's thread, and from those
  /// of its pipelines while these live.
  void emit(const Fact& fact) noexcept;
  /// Waits while paused. False when an end was asked for.
  bool wait_while_paused();
  /// Makes the pipelines known to pause, stop and snapshot; null takes them back, which must happen before they die.
  void attach(Pipeline* train, Pipeline* validation);
  /// Ends the flow of batches without asking for a stop: a planned end.
  void stop_pipelines();
  /// Other processes learn with this one: no end may stop the flow of batches before all have agreed on it.
  void agree_on_ends() { joint_ = true; }
  [[nodiscard]] bool joint() const { return joint_; }
  /// Nodes have learnt in a pass.
  void fitted(const FitPassFigures& pass);
  void show_ranks(std::vector<RankSample> ranks, const CollectiveSample& collective);
  /// What training is predicted to take and to save; what it takes is measured.
  void show_memory(const MemorySample& predicted);
  /// The clock of the run starts: caches are about to be filled, or the first batch to be asked for.
  void mark_started();
  /// The pipelines begin, unless the run is paused.
  void let_flow();

  /// The plan is known: records can be located.
  void planned(std::shared_ptr<const Plan> plan);
  /// The file of a record that a lane of the timeline worked on; empty: none, or not known yet.
  [[nodiscard]] std::string locate(std::string_view lane, std::uint64_t record) const;

  [[nodiscard]] std::function<std::string(const std::string&, std::uint64_t)> locator() const;

  static constexpr std::string_view kValidation = "validation ";  ///< before the names of its lanes
  const std::shared_ptr<Trace> trace = std::make_shared<Trace>();
  TrainerMeter meter{};
  Series loss_curve{};

 private:
  void set_paused(bool paused);
  [[nodiscard]] Nanos now() const;  ///< with the mutex held

  std::mutex emit_mutex_{};
  std::function<void(const Fact&)> on_fact_;
  std::stop_source stop_{};
  std::atomic<bool> ends_behind_step_{false};
  std::atomic<bool> joint_{false};
  mutable ProcessMeter process_{};

  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  bool paused_ = false;
  bool flows_ = false;
  Nanos started_ = 0;
  Nanos ended_ = 0;  ///< 0: not yet
  Pipeline* train_ = nullptr;
  Pipeline* validation_ = nullptr;
  std::vector<StageSample> last_stages_{};  ///< of a pipeline that has gone
  std::uint64_t last_errors_ = 0;
  std::vector<FitPassFigures> fit_passes_{};
  std::vector<RankSample> ranks_{};
  CollectiveSample collective_{};
  MemorySample memory_{};
  std::shared_ptr<const Plan> plan_{};
};

}  // namespace feedline::inline training
