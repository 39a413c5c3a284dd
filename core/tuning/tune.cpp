// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/tune.h"

#include "tuning/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace feedline::inline tuning {
namespace {

constexpr double kSlice = 0.8;
/// Of the comparison at the end: pairs, and seconds of one side's turn.
constexpr std::size_t kPairs = 2;
constexpr double kTurn = 0.5;
/// Seconds that runs need to start and to end, together.
constexpr double kStarts = 0.5;
/// Looks at the best graph for so many times as long before it is left as it is.
constexpr double kSecondLook = 3;
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
  std::unique_ptr<LiveRun> run{};  ///< rests
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
    first_run_ = std::move(best_.run);
    shorten_epochs(measuring_, best_.facts, best_.samples_per_s);
    if (measuring_.run.max_records) first_run_.reset();  // what it is compared with has shorter epochs
    for (bool sure = false; !spent();) {
      std::optional<Fix> fix = next_fix();
      if (!fix) fix = more_workers();
      if (!fix && std::exchange(sure, true)) break;
      if (Status done = fix ? try_out(*fix) : look_again(); !done) {
        if (done.error().code == ErrorCode::Cancelled) return fail(std::move(done.error()));
      }
      if (fix) sure = false;
    }
    if (Status verified = verify(); !verified) return fail(std::move(verified.error()));
    result_.last = best_.diagnosis;
    return std::move(result_);
  }

 private:
  [[nodiscard]] double elapsed() const { return seconds(Clock::system().now() - start_); }
  /// A pair of the comparison: after its rest, each side first uses up what it had ready.
  [[nodiscard]] double pair_s() const {
    const double ahead = static_cast<double>((best_.facts.execution.prefetch + 3) * best_.facts.batch);
    return 2 * (kTurn + (best_.samples_per_s > 0 ? ahead / best_.samples_per_s : 0));
  }
  [[nodiscard]] double warm_ups() const { return kStarts + (first_run_ ? 0 : warm_s_); }
  /// Another try would leave too little for the comparison.
  [[nodiscard]] bool spent() const {
    return elapsed() + try_s_ + warm_ups() + static_cast<double>(kPairs) * pair_s() > options_.budget_seconds;
  }

  void tell(const std::string& what) const {
    options_.measure.tell(what, std::max(options_.budget_seconds - elapsed(), 0.0));
  }

  Result<Candidate> measure(const Document& document) {
    const double begin = elapsed();
    Candidate found{.document = document, .run = std::make_unique<LiveRun>(document, measuring_)};
    if (Status warm = found.run->warm_up(kLongestWarmUp); !warm) return fail(std::move(warm.error()));
    warm_s_ = std::max(warm_s_, elapsed() - begin);
    threads_ = found.run->started().execution.intra_op_threads;
    found.facts = found.run->facts();
    if (Status measured = measure(found, *found.run, 1); !measured) return fail(std::move(measured.error()));
    try_s_ = std::max(try_s_, elapsed() - begin);
    return found;
  }

  /// For so many slices; the run rests afterwards.
  Status measure(Candidate& found, LiveRun& run, double slices) {
    auto slice = run.measure(slices * std::min(kSlice, options_.budget_seconds / 8));
    if (!slice) return fail(std::move(slice.error()));
    run.rest();
    found.samples_per_s = slice->samples_per_s();
    found.diagnosis = diagnose(found.facts, feedline::measure(found.facts, slice->from, slice->to));
    return {};
  }

  /// A short look may have been an unlucky one.
  Status look_again() {
    LiveRun* run = best_.run ? best_.run.get() : first_run_.get();
    if (run == nullptr || run->started().execution.intra_op_threads != threads_) return {};
    tell("looking for longer");
    return measure(best_, *run, kSecondLook);
  }

  /// The best that was not tried yet. Tuning asks the closed form even where a verdict would be too early.
  std::optional<Fix> next_fix() {
    Diagnosis asked = best_.diagnosis;
    if (asked.verdict.kind == VerdictKind::NotYet && asked.profile.steps > 1)
      asked.verdict.kind = VerdictKind::NoClearBottleneck;
    const FixContext context{.document = best_.document, .facts = best_.facts, .diagnosis = asked};
    for (Fix& fix : find_fixes(context)) {
      if ((fix.changes_results && !options_.allow_result_changes) || fix.in_fits) continue;
      if (tried_.insert(fix.id + '\n' + fix.title).second) return std::move(fix);
    }
    return std::nullopt;
  }

  /// Where the graph runs below its ceiling and the closed form sees nothing in the way: some records take longer than
  /// others, or workers wait for their turn, and a few more of them fill the gaps.
  std::optional<Fix> more_workers() {
    const RunFacts& facts = best_.facts;
    const double ceiling = best_.diagnosis.ceiling.samples_per_s;
    const std::size_t more = std::min(facts.execution.workers + std::max<std::size_t>(facts.execution.workers / 2, 1),
                                      facts.workers_limit());
    if (more <= facts.execution.workers || best_.samples_per_s <= 0 || best_.samples_per_s >= kNearCeiling * ceiling)
      return std::nullopt;
    const auto set = [&](const char* param, std::size_t value) {
      return Edit{SetParam{.node = facts.trainer_node, .param = param, .value = static_cast<std::int64_t>(value)}};
    };
    Fix fix{.id = "workers", .title = fmt::format("Use {} workers", more)};
    fix.why = "The graph runs below its ceiling: records take unlike long, or workers wait for their turn.";
    fix.edit = set("workers", more);
    if (facts.execution.prefetch == 0) {
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
    ProveOptions options{.measure = measuring_, .slice = kTurn, .warm_up = kLongestWarmUp, .least_pairs = kPairs};
    options.measure.progress = [this](std::string_view what, double left) {
      options_.measure.tell(fmt::format("comparing with the graph as it was, {}", what), left);
    };
    options.seconds = std::max(options_.budget_seconds - elapsed() - warm_ups() - pair_s(), 0.0);
    auto proof = compare(options);
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

  /// The runs that were tried go on, unless they need another number of threads than the process has now.
  Result<Proof> compare(const ProveOptions& options) {
    const auto fits = [this](const LiveRun* run) {
      return run != nullptr && run->started().execution.intra_op_threads == threads_;
    };
    if (!fits(best_.run.get()) || (first_run_ && !fits(first_run_.get()))) {
      best_.run.reset();
      first_run_.reset();
      return prove(original_, best_.document, options);
    }
    if (!first_run_) {
      first_run_ = std::make_unique<LiveRun>(original_, measuring_);
      if (Status warm = first_run_->warm_up(kLongestWarmUp); !warm) return fail(std::move(warm.error()));
      first_run_->rest();
    }
    return prove(std::move(first_run_), std::move(best_.run), options);
  }

  const Document& original_;
  const TuneOptions& options_;
  MeasureOptions measuring_;
  Nanos start_ = Clock::system().now();
  std::unique_ptr<LiveRun> first_run_{};  ///< of the graph as it was; rests
  int threads_ = 0;                       ///< within an operation, of the run that was started last
  double warm_s_ = 0;                     ///< the longest warm-up so far, and
  double try_s_ = 0;                      ///< the longest try, warm-up included
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

}  // namespace feedline::inline tuning
