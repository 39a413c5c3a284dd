// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline.h"
#include "plan/plan.h"
#include "schema/named_tensors.h"
#include "telemetry/fit_pass_figures.h"
#include "telemetry/trace.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline engine {

struct FitOptions {
  /// Workers, and what becomes of bad and slow records: those of the run.
  PipelineOptions pipeline{};
  std::filesystem::path cache_folder{};  ///< where what is learnt is kept; empty: default_cache_folder()
  /// What is known to have been learnt, by "key.tensor" (TrainingState::fitted): these nodes learn nothing anew.
  NamedTensors known{};
  /// False: what is not known is an error, since the records at hand are not those that the nodes learnt from.
  bool learn = true;
  std::stop_token stop{};
  /// (what is being done, fraction done in 0..1). What stands behind a colon changes while one thing is done: "Fitting
  /// words: 45,000 of 120,000 records". May be empty. From the calling thread, at most ten times a second.
  std::function<void(std::string_view what, double fraction)> progress{};
  /// Asked between batches: may wait, as long as a run is paused. False: stopped. May be empty.
  std::function<bool()> proceed{};
  /// Told what hinders and stops nothing: that what was learnt cannot be kept. May be empty.
  std::function<void(const Error&)> on_notice{};
  /// Told behind each pass; it is not measured node by node where this is empty. From the calling thread.
  std::function<void(const FitPassFigures&)> on_pass{};
  /// The timeline that passes write to: the lanes of their workers and queues, and `fit`, in which the calling thread
  /// waits for records and puts together what they gave; null: none.
  std::shared_ptr<Trace> trace{};
};

/// Is there anything to learn before this plan can run?
[[nodiscard]] bool needs_fitting(const Plan& plan);

/// What all bound nodes of training have learnt, by "key.tensor": see FitOptions::known.
[[nodiscard]] NamedTensors learnt_by(const Plan& plan);
/// What all bound nodes have learnt, those of validation too, by node id: what analyse() takes.
[[nodiscard]] LearntStates learnt_states(const Plan& plan);

/// The same of what is in the cache folder already, for as many nodes as that tells of: nothing is learnt. Errors: the
/// source's files cannot be looked at; stopped.
[[nodiscard]] Result<LearntStates> kept_states(std::shared_ptr<const Plan> plan, const FitOptions& options);

/// Has every fitted node of a plan learn from the training records, and returns the plan with these nodes bound to what
/// they learnt; the plan itself where nothing was to be learnt.
///
/// Nodes learn in rounds, each as soon as nothing upstream of it has to any more, so that nodes that do not depend on
/// each other learn at once: each time the training records stream once through what is upstream of them, on the
/// pipeline's workers and with its rules for bad records. Records that are set aside for validation are not among them,
/// and random nodes take their fixed form. What single records gave is merged in the order of the sampler's window, so
/// that the same bytes come out for any number of workers.
///
/// What was learnt is kept in the cache folder under a hash of all that it follows from: the nodes upstream
/// (upstream_hash()), the files of the source, and which records train. With the same hash nothing is learnt anew.
///
/// A node that only validation data pass learns nothing: it is bound to what its counterpart of training has learnt,
/// the one of the same type and parameters (of several, the one of the same place among them).
///
/// Where shapes follow from what is learnt (NodeSpec::learnt), the plan is lowered anew after each round, so that the
/// nodes of the next see what enters them exactly, and the plan that is returned has all sizes.
///
/// Errors: those of a Pipeline; of a node, that what it found is not enough; those of make_plan() for what is described
/// only now; a validation node without counterpart; stopped (within 200 ms).
[[nodiscard]] Result<std::shared_ptr<const Plan>> fit_plan(std::shared_ptr<const Plan> plan, const FitOptions& options);

}  // namespace feedline::inline engine
