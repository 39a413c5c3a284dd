// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/tune.h"

#include "tuning/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace feedline {
namespace {

/// Of the budget, for trying; the rest is for the comparison at the end.
constexpr double kForTrying = 0.6;
constexpr double kSlice = 0.8;
constexpr double kLongestWarmUp = 3;
/// What is kept must be measured to bring at least this.
constexpr double kGain = 1.01;
constexpr std::size_t kPrefetch = 4;
/// Nearer to its ceiling than this, a graph is as fast as it can be.
constexpr double kNearCeiling = 0.97;

/// A graph that is measured: its rate and what there is to say about it.
struct Candidate {
  Document document{};
  RunFacts facts{};
  Diagnosis diagnosis{};
  double samples_per_s = 0;
};

class Tuner {
 public:
  Tuner(const Document& document, const TuneOptions& options)
      : original_(document), options_(options), measuring_(options.measure) {}

  Result<TuneResult> run() {
    tell("measuring the graph as it is");
    auto first = measure(original_);
    if (!first) return fail(std::move(first.error()));
    best_ = std::move(*first);
    result_.first = best_.diagnosis;
    shorten_epochs(measuring_, best_.facts, best_.samples_per_s);
    while (!spent()) {
      std::optional<Fix> fix = next_fix();
      if (!fix) fix = more_workers();
      if (!fix) break;
      if (Status tried = try_out(*fix); !tried) {
        if (tried.error().code == ErrorCode::Cancelled) return fail(std::move(tried.error()));
      }
    }
    if (Status verified = verify(); !verified) return fail(std::move(verified.error()));
    result_.last = best_.diagnosis;
    return std::move(result_);
  }

 private:
  [[nodiscard]] double elapsed() const { return seconds(Clock::system().now() - start_); }
  [[nodiscard]] bool spent() const { return elapsed() > kForTrying * options_.budget_seconds; }

  void tell(const std::string& what) const {
    options_.measure.tell(what, std::max(options_.budget_seconds - elapsed(), 0.0));
  }

  Result<Candidate> measure(const Document& document) {
    LiveRun run(document, measuring_);
    if (Status warm = run.warm_up(kLongestWarmUp); !warm) return fail(std::move(warm.error()));
    auto slice = run.measure(std::min(kSlice, options_.budget_seconds / 8));
    if (!slice) return fail(std::move(slice.error()));
    Candidate found{.document = document, .facts = run.facts(), .samples_per_s = slice->samples_per_s()};
    const Profile profile = feedline::measure(found.facts, slice->from, slice->to);
    found.diagnosis = diagnose(found.facts, profile);
    return found;
  }

  /// The best that was not tried yet. Tuning asks the closed form even where a verdict would be too early.
  std::optional<Fix> next_fix() {
    Diagnosis asked = best_.diagnosis;
    if (asked.verdict.kind == VerdictKind::NotYet && asked.profile.steps > 1)
      asked.verdict.kind = VerdictKind::NoClearBottleneck;
    const FixContext context{.document = best_.document, .facts = best_.facts, .diagnosis = asked};
    for (Fix& fix : find_fixes(context)) {
      if (fix.changes_results && !options_.allow_result_changes) continue;
      if (tried_.insert(fix.id + '\n' + fix.title).second) return std::move(fix);
    }
    return std::nullopt;
  }

  /// Where the graph runs below its ceiling and the closed form sees nothing in the way: some records take longer than
  /// others, or workers wait for their turn, and a few more of them fill the gaps.
  std::optional<Fix> more_workers() {
    const RunFacts& facts = best_.facts;
    const double ceiling = best_.diagnosis.ceiling.samples_per_s;
    const std::size_t more =
        std::min(facts.workers + std::max<std::size_t>(facts.workers / 2, 1), facts.workers_limit());
    if (more <= facts.workers || best_.samples_per_s <= 0 || best_.samples_per_s >= kNearCeiling * ceiling)
      return std::nullopt;
    const auto set = [&](const char* param, std::size_t value) {
      return Edit{SetParam{.node = facts.trainer_node, .param = param, .value = static_cast<std::int64_t>(value)}};
    };
    Fix fix{.id = "workers", .title = fmt::format("Use {} workers", more)};
    fix.why = "The graph runs below its ceiling: records take unlike long, or workers wait for their turn.";
    fix.edit = set("workers", more);
    if (facts.prefetch == 0) {
      fix.id = "overlap-workers";
      fix.title = fmt::format("Prepare batches while the step runs, with {} workers", more);
      fix.edit = {Edit::List{set("prefetch", kPrefetch), set("workers", more)}};
    }
    fix.predicted_ratio = ceiling / best_.samples_per_s;
    if (!tried_.insert(fix.id + '\n' + fix.title).second) return std::nullopt;
    return fix;
  }

  Status try_out(const Fix& fix) {
    tell(fmt::format("trying: {}", fix.title));
    auto changed = with_edit(best_.document, fix.edit);
    if (!changed) return fail(std::move(changed.error()));
    auto found = measure(*changed);
    TuneStep step{
        .fix = fix.id, .title = fix.title, .why = fix.why, .edit = fix.edit, .predicted = fix.predicted_ratio};
    if (!found) {
      step.measured = 0;
      step.why = found.error().line();
      result_.steps.push_back(std::move(step));
      return fail(std::move(found.error()));
    }
    step.measured = best_.samples_per_s > 0 ? found->samples_per_s / best_.samples_per_s : 1;
    step.kept = step.measured >= kGain;
    if (step.kept) best_ = std::move(*found);
    result_.steps.push_back(std::move(step));
    return {};
  }

  Status verify() {
    result_.document = original_;
    const bool changed =
        std::any_of(result_.steps.begin(), result_.steps.end(), [](const TuneStep& s) { return s.kept; });
    if (!changed) return {};
    ProveOptions options{.measure = measuring_, .slice = 0.5, .least_pairs = 3};
    options.measure.progress = [this](std::string_view what, double left) {
      options_.measure.tell(fmt::format("comparing with the graph as it was, {}", what), left);
    };
    options.seconds = std::max(options_.budget_seconds - elapsed() - 1, 2.0);
    auto proof = prove(original_, best_.document, options);
    if (!proof) return fail(std::move(proof.error()));
    result_.gain = proof->rate;
    result_.improved = proof->rate.ratio > 1 && !proof->rate.surely_slower();
    if (result_.improved) {
      result_.document = best_.document;
    } else {
      for (TuneStep& step : result_.steps) step.kept = false;
      best_.diagnosis = result_.first;
    }
    return {};
  }

  const Document& original_;
  const TuneOptions& options_;
  MeasureOptions measuring_;
  Nanos start_ = Clock::system().now();
  Candidate best_{};
  std::set<std::string> tried_{};
  TuneResult result_{};
};

}  // namespace

Edit TuneResult::edit() const {
  Edit::List kept;
  for (const TuneStep& step : steps)
    if (step.kept) kept.push_back(step.edit);
  return {std::move(kept)};
}

Result<TuneResult> tune(const Document& document, const TuneOptions& options) { return Tuner(document, options).run(); }

}  // namespace feedline
