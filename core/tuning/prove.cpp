// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/prove.h"

#include "tuning/pair_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace feedline::inline tuning {
namespace {

/// A run until it is stopped: loading first hardly counts.
constexpr double kManyEpochs = 1000;

/// One side: a run that is kept, or started for each turn.
class Side {
 public:
  Side(const Document& document, const ProveOptions& options)
      : document_(document), options_(options.measure), warm_up_(options.warm_up) {}
  /// A run that is warm and rests.
  Side(std::unique_ptr<LiveRun> run, const ProveOptions& options) : Side(run->document(), options) {
    run_ = std::move(run);
    note_start();
  }

  Status start() {
    if (run_) return {};
    run_ = std::make_unique<LiveRun>(document_, options_);
    if (Status warm = run_->warm_up(warm_up_); !warm) return warm;
    note_start();
    return {};
  }
  void rest(bool keep) {
    if (keep) {
      run_->rest();
    } else {
      run_.reset();
    }
  }
  Result<double> turn(double seconds, bool keep) {
    if (Status ready = start(); !ready) return fail(std::move(ready.error()));
    auto slice = run_->measure(seconds);
    if (!slice) return fail(std::move(slice.error()));
    rest(keep);
    const StepTimes times = slice->to.trainer.times - slice->from.trainer.times;
    waits_.push_back(static_cast<double>(times[Phase::Wait]) / static_cast<double>(std::max<Nanos>(times.total(), 1)));
    rates_.push_back(slice->samples_per_s());
    return rates_.back();
  }

  [[nodiscard]] const std::vector<double>& rates() const { return rates_; }
  [[nodiscard]] int intra_op_threads() const { return run_->started().execution.intra_op_threads; }
  [[nodiscard]] ProofSide summary() const {
    ProofSide side{
        .samples_per_s = median(rates_), .wait_share = median(waits_), .load_s = loads_first() ? load_s_ : 0};
    side.records = facts_.records;
    if (options_.run.max_records && *options_.run.max_records < side.records)
      side.load_s *= static_cast<double>(side.records) / static_cast<double>(*options_.run.max_records);
    if (side.samples_per_s <= 0) return side;
    const double epochs = facts_.execution.epochs > 0 ? static_cast<double>(facts_.execution.epochs) : kManyEpochs;
    const double steady = static_cast<double>(facts_.records) / side.samples_per_s;
    side.epoch_s = steady + side.load_s / epochs;
    side.preparation_s = steady * side.wait_share + side.load_s / epochs;
    return side;
  }

 private:
  void note_start() {
    if (load_s_ == 0) load_s_ = run_->first_wait();
    facts_ = run_->facts();
  }
  [[nodiscard]] bool loads_first() const {
    for (const Node& node : document_.nodes())
      if (const auto found = node.params.find("fill_first"); found != node.params.end() && found->second == Value(true))
        return true;
    return false;
  }

  Document document_;
  const MeasureOptions& options_;
  double warm_up_;
  std::unique_ptr<LiveRun> run_{};
  RunFacts facts_{};
  double load_s_ = 0;
  std::vector<double> rates_{};
  std::vector<double> waits_{};
};

/// Both sides are warm.
Result<Proof> take_turns(Side& first, Side& second, const ProveOptions& options) {
  const bool restart = first.intra_op_threads() != second.intra_op_threads();
  for (Side* side : {&first, &second}) side->rest(!restart);
  Proof proof{.restarted = restart};
  const PairClock clock(options.seconds, options.least_pairs);
  for (std::size_t pairs = 0;;) {
    for (Side* side : pairs % 2 == 0 ? std::array{&first, &second} : std::array{&second, &first})
      if (auto turn = side->turn(options.slice, !restart); !turn) return fail(std::move(turn.error()));
    proof.rate = estimate_ratio(first.rates(), second.rates());
    proof.pairs.push_back(second.rates().back() / first.rates().back());
    ++pairs;
    if (options.on_pair) options.on_pair(proof);
    options.measure.tell(fmt::format("pair {}: {:.2f} times", pairs, proof.rate.ratio), clock.left(pairs));
    if (clock.over(pairs)) break;
    if (clock.enough(pairs) && proof.rate.uncertainty() < options.precise_enough) break;
  }
  proof.a = first.summary();
  proof.b = second.summary();
  return proof;
}

}  // namespace

Result<Document> with_edit(const Document& document, const Edit& edit) {
  Document changed = document;
  if (auto undo = changed.apply(edit); !undo) return fail(std::move(undo.error()));
  return changed;
}

Result<Proof> prove(const Document& a, const Document& b, const ProveOptions& options) {
  Side first(a, options);
  Side second(b, options);
  options.measure.tell("warming up A", options.seconds + 2 * kUsualWarmUp);
  if (Status ready = first.start(); !ready) return fail(std::move(ready.error()));
  first.rest(true);
  options.measure.tell("warming up B", options.seconds + kUsualWarmUp);
  if (Status ready = second.start(); !ready) return fail(std::move(ready.error()));
  return take_turns(first, second, options);
}

Result<Proof> prove(std::unique_ptr<LiveRun> a, std::unique_ptr<LiveRun> b, const ProveOptions& options) {
  Side first(std::move(a), options);
  Side second(std::move(b), options);
  return take_turns(first, second, options);
}

}  // namespace feedline::inline tuning
