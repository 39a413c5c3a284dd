// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Steps that learn from the training records before a run, as far as the plan knows them; engine/fit.h has them learn.

#include "plan/lowering.h"
#include "plan/plan.h"

#include <memory>
#include <string>

namespace feedline::inline plan {

/// A hash over everything that decides what a node gives for a record: type, version and parameters of it and of all
/// nodes upstream, and which port is wired to which. Neither names, places and notes matter, nor what else there is in
/// the graph, nor nodes that pass values on as they are (shuffle, cache). The files that a source reads are not in it
/// (state/source_fingerprint.h), nor is a seed: fitting lets random nodes take their fixed form.
[[nodiscard]] std::string upstream_hash(const Lowering& lowering, const Node& node);

/// What has to be learnt for a node that runs, or has been, as far as the lowering knows; null: nothing, with these
/// parameters. `in`: see Lowering::inputs(); while these wait themselves, what it says is a guess.
[[nodiscard]] std::shared_ptr<const FittedStep> fitted_step(const Lowering& lowering, const Node& node, DescInputs in);

/// Fails for every record: the step has not been bound yet.
[[nodiscard]] Result<std::unique_ptr<SampleOp>> unfitted_op();

/// A fresh fitter of the step. Never null.
[[nodiscard]] std::unique_ptr<Fitter> make_fitter(const FittedStep& step);
/// Has nobody told this step yet what it has to know?
[[nodiscard]] inline bool is_unbound(const PlanStep& step) {
  return step.fitted != nullptr && step.fitted->learnt == nullptr;
}
/// Binds a fitted step to what was learnt. Errors: those of the node, also that this does not describe its outputs; it
/// stays as it was.
Status bind_step(PlanStep& step, std::shared_ptr<const NamedTensors> learnt);
/// Gives a plan whose shapes wait (Plan::relower) those that follow from `learnt`, and the steps, layers and fields
/// that follow from them. What a caller has changed stays: which records are read, and in which order. Nothing for
/// others.
Status take_up_learnt(Plan& plan, const LearntStates& learnt);

}  // namespace feedline::inline plan
