// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/fit.h"

#include "engine/fit_pass.h"
#include "plan/fitting.h"
#include "plan/record_split.h"
#include "state/fingerprint.h"
#include "state/fitted_cache.h"
#include "state/source_fingerprint.h"
#include "state/training_state.h"

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace feedline::inline engine {
namespace {

bool has_unbound(const DataPlan& data) { return std::any_of(data.steps.begin(), data.steps.end(), is_unbound); }

class PlanFitter {
 public:
  PlanFitter(const Plan& plan, const FitOptions& options)
      : plan_(std::make_shared<Plan>(plan)),
        options_(options),
        cache_(options.cache_folder.empty() ? default_cache_folder() : options.cache_folder) {}

  /// As far as the cache tells.
  Result<LearntStates> kept() {
    looks_ = true;
    if (Status looked = look_at_files(); !looked) return fail(std::move(looked.error()));
    for (bool any = true; any && has_unbound(plan_->train);) {
      any = false;
      for (const std::size_t step : ready(plan_->train)) any |= bind_kept(step);
      if (Status taken = take_up_learnt(*plan_, states_); !taken) return fail(std::move(taken.error()));
    }
    return std::move(states_);
  }

  Result<std::shared_ptr<const Plan>> run() {
    tell("Looking for what fitted nodes have learnt", 0);
    if (options_.learn)
      if (Status looked = look_at_files(); !looked) return fail(std::move(looked.error()));
    while (has_unbound(plan_->train))
      if (Status bound = bind_next(); !bound) return fail(std::move(bound.error()));
    while (plan_->validation && has_unbound(*plan_->validation))
      if (Status bound = bind_validation(*plan_->validation); !bound) return fail(std::move(bound.error()));
    return plan_;
  }

 private:
  Status look_at_files() {
    auto files = source_fingerprint(*plan_->train.source, options_.stop);
    if (!files) return fail(std::move(files.error()));
    files_ = std::move(*files);
    return {};
  }

  void tell(std::string_view what, double fraction) const {
    if (options_.progress) options_.progress(what, fraction);
  }

  /// Steps that can learn now, since nothing upstream of them has to any more.
  [[nodiscard]] static std::vector<std::size_t> ready(const DataPlan& data) {
    std::vector<bool> waits(data.slots, false);
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < data.steps.size(); ++i) {
      const PlanStep& step = data.steps[i];
      bool late =
          std::any_of(step.inputs.begin(), step.inputs.end(), [&](const auto& slot) { return slot && waits[*slot]; });
      if (is_unbound(step) && !late) ready.push_back(i);
      late |= is_unbound(step);
      for (const SlotIndex slot : step.outputs) waits[slot] = late;
    }
    return ready;
  }

  /// Binds steps that are ready: those that are kept, or else the others in one pass, which what waits for the former
  /// can share.
  Status bind_next() {
    std::vector<std::size_t> missing;
    bool bound_any = false;
    for (const std::size_t step : ready(plan_->train)) {
      if (!options_.learn) {
        if (Status bound = bind_known(plan_->train.steps[step]); !bound) return bound;
      } else if (bind_kept(step)) {
        bound_any = true;
      } else {
        missing.push_back(step);
      }
    }
    if (!bound_any)
      if (Status learnt = learn(missing); !learnt) return learnt;
    return take_up_learnt(*plan_, states_);
  }

  Status learn(const std::vector<std::size_t>& missing) {
    if (missing.empty()) return {};
    auto learnt = run_fit_pass(*plan_, missing, options_);
    if (!learnt) return fail(std::move(learnt.error()));
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const auto state = std::make_shared<const NamedTensors>(std::move(learnt->learnt[i]));
      if (Status bound = bind(plan_->train.steps[missing[i]], state); !bound) return bound;
      if (std::string why = keep(missing[i], *state); !why.empty()) learnt->figures.not_kept = std::move(why);
    }
    if (options_.on_pass) options_.on_pass(learnt->figures);
    return {};
  }

  /// To what the caller knows or the cache holds, where that fits.
  bool bind_kept(std::size_t index) {
    PlanStep& step = plan_->train.steps[index];
    std::optional<NamedTensors> kept = known(step.fitted->key);
    if (const auto hash = kept ? std::nullopt : hash_of(index)) kept = looks_ ? cache_.look(*hash) : cache_.find(*hash);
    return kept && bind(step, std::move(*kept));
  }

  Status bind_known(PlanStep& step) {
    if (auto state = known(step.fitted->key)) return bind(step, std::move(*state));
    return fail(Error{.reason = "the checkpoint does not say what it had learnt",
                      .remedy = "Use a checkpoint of this graph",
                      .node = step.node});
  }

  [[nodiscard]] std::optional<NamedTensors> known(const std::string& key) const {
    NamedTensors found;
    for (const auto& [name, value] : options_.known)
      if (const auto [of, tensor] = split_tensor_name(name); of == key) found.emplace(tensor, value);
    return found.empty() ? std::nullopt : std::optional(std::move(found));
  }

  /// Of everything that the step's state follows from; none: the source does not say which its files are.
  [[nodiscard]] std::optional<std::string> hash_of(std::size_t step) const {
    if (!files_) return std::nullopt;
    const SamplerPlan& sampler = plan_->train.sampler;
    Fingerprint hash;
    hash.add("fit 1").add(FEEDLINE_VERSION).add(plan_->train.steps[step].fitted->upstream).add(*files_);
    hash.add(sampler.source_size).add(sampler.first).add(sampler.count);
    hash.add(sampler.split ? 1 : 0).add(sampler.split ? sampler.seed : 0);
    if (sampler.chosen) hash.add(sampler.chosen->hash());
    for (const bool read : plan_->train.read_columns) hash.add(read ? 1 : 0);  // which decides what a bad record is
    return hash.hex();
  }

  Status bind(PlanStep& step, NamedTensors learnt) {
    return bind(step, std::make_shared<const NamedTensors>(std::move(learnt)));
  }
  Status bind(PlanStep& step, std::shared_ptr<const NamedTensors> learnt) {
    if (Status bound = bind_step(step, learnt); !bound) return bound;
    states_.insert_or_assign(step.node, std::move(learnt));
    return {};
  }

  /// Why it could not be kept; empty: it is.
  [[nodiscard]] std::string keep(std::size_t index, const NamedTensors& learnt) const {
    const PlanStep& step = plan_->train.steps[index];
    const auto hash = hash_of(index);
    if (!hash) return plan_->train.source_node + " does not say which files it reads";
    Status kept = cache_.keep(*hash, step.node, learnt);
    if (kept) return {};
    Error error = std::move(kept.error());
    std::string why = error.reason;
    error.reason = "what it has learnt is not kept for the next run: " + why;
    if (options_.on_notice) options_.on_notice(std::move(error).at_node(step.node));
    return why;
  }

  Status bind_validation(DataPlan& data) {
    for (const std::size_t index : ready(data)) {
      PlanStep& step = data.steps[index];
      const PlanStep* like = counterpart(data, step);
      if (like == nullptr)
        return fail(Error{.reason = "only validation data pass it, so there are no training records to fit it to",
                          .remedy = "Put a " + step.type +
                                    " with the same parameters in the way of the training data: "
                                    "this one then uses what that one learns",
                          .node = step.node});
      if (Status bound = bind(step, like->fitted->learnt); !bound) return bound;
    }
    return take_up_learnt(*plan_, states_);
  }

  /// The training step whose state a validation step uses: itself, where both share it, else that of the same type and
  /// parameters which stands at the same place among its like.
  [[nodiscard]] const PlanStep* counterpart(const DataPlan& data, const PlanStep& step) const {
    const auto alike = [&](const PlanStep& other) {
      return other.fitted != nullptr && other.type == step.type && other.fitted->params == step.fitted->params;
    };
    for (const PlanStep& other : plan_->train.steps)
      if (other.node == step.node) return other.fitted == nullptr ? nullptr : &other;
    std::ptrdiff_t place = std::count_if(data.steps.data(), &step, alike);
    for (const PlanStep& other : plan_->train.steps)
      if (alike(other) && place-- == 0) return &other;
    return nullptr;
  }

  const std::shared_ptr<Plan> plan_;
  const FitOptions& options_;
  const FittedCache cache_;
  std::optional<std::string> files_{};
  LearntStates states_{};  ///< of all steps that are bound
  bool looks_ = false;     ///< nothing runs by what is found in the cache
};

}  // namespace

bool needs_fitting(const Plan& plan) {
  return has_unbound(plan.train) || (plan.validation && has_unbound(*plan.validation));
}

NamedTensors learnt_by(const Plan& plan) {
  NamedTensors all;
  for (const PlanStep& step : plan.train.steps)
    if (step.fitted != nullptr && step.fitted->learnt != nullptr)
      for (const auto& [name, value] : *step.fitted->learnt) all.emplace(step.fitted->key + "." + name, value);
  return all;
}

LearntStates learnt_states(const Plan& plan) {
  LearntStates states;
  for (const DataPlan* data : {&plan.train, plan.validation ? &*plan.validation : nullptr})
    for (std::size_t i = 0; data != nullptr && i < data->steps.size(); ++i)
      if (const auto& fitted = data->steps[i].fitted; fitted != nullptr && fitted->learnt != nullptr)
        states.emplace(data->steps[i].node, fitted->learnt);
  return states;
}

Result<LearntStates> kept_states(std::shared_ptr<const Plan> plan, const FitOptions& options) {
  return PlanFitter(*plan, options).kept();
}

Result<std::shared_ptr<const Plan>> fit_plan(std::shared_ptr<const Plan> plan, const FitOptions& options) {
  if (!needs_fitting(*plan)) return plan;
  try {
    return PlanFitter(*plan, options).run();
  } catch (const std::exception& fault) {
    return fail(
        Error{.code = ErrorCode::Failed, .reason = std::string("the graph's nodes cannot be fitted: ") + fault.what()});
  }
}

}  // namespace feedline::inline engine
