// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/drive.h"

#include "base/left_out.h"
#include "cli/format.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "diagnosis/training_time.h"
#include "telemetry/trace_export.h"
#include "training/apply_options.h"
#include "tuning/curve_points.h"
#include "tuning/live_run.h"

#include <fmt/format.h>

#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace feedline::cli {
namespace {

/// Facts on their way from the run's thread to this one.
class Inbox {
 public:
  explicit Inbox(Interrupts& waker) : waker_(waker) {}

  void put(const Fact& fact) {
    {
      const std::lock_guard lock(mutex_);
      facts_.push_back(fact);
    }
    waker_.wake();
  }
  [[nodiscard]] std::vector<Fact> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(facts_, {});
  }

 private:
  Interrupts& waker_;
  std::mutex mutex_;
  std::vector<Fact> facts_;
};

/// What the curves say while the run goes on: each kind of finding is told once, when it is first seen.
class CurveWatch {
 public:
  explicit CurveWatch(const Document& document) : document_(document) {}

  void add(const EpochResult& epoch, Progress& progress) {
    epochs_.push_back(epoch);
    epochs_.back().evaluation.reset();
    const Nanos now = Clock::system().now();
    if (now - judged_at_ < kJudgeEvery) return;
    judged_at_ = now;
    for (const CurveFinding& finding : judge_run(document_, epochs_))
      if (told_.insert(finding.kind).second) progress.line("curves so far: " + finding.text());
  }

 private:
  static constexpr Nanos kJudgeEvery = 1'000'000'000;

  Document document_;
  std::vector<EpochResult> epochs_{};
  std::set<CurveKind> told_{};
  Nanos judged_at_ = 0;
};

struct Receiver {
  Progress& progress;
  CurveWatch& curves;
  Outcome& outcome;
  std::optional<Started>& started;
  bool& finished;

  void operator()(const Started& fact) {
    outcome.started = true;
    started = fact;
    progress.show(fact);
    if (!fact.earlier) return;
    for (const EpochResult& epoch : fact.earlier->epochs) curves.add(epoch, progress);
  }
  void operator()(const EpochDone& fact) {
    progress.show(fact);
    curves.add(fact.result, progress);
  }
  void operator()(const Finished& fact) {
    outcome.result = fact.result;
    finished = true;
  }
  template <class Shown>
  void operator()(const Shown& fact) {
    progress.show(fact);
  }
};

constexpr std::size_t kShownFailures = 10;
/// So long may the step in hand go on after Ctrl-C, for a last checkpoint; one has 5 s in all.
constexpr Nanos kStepPatience = 3'000'000'000;

/// What limited the run, where that can be told.
std::optional<Diagnosis> diagnosis_of(TrainingTime& time, Document document, const RunOptions& options,
                                      const Started& started, const RunResult& result) {
  if (!options.meters) return {};
  (void)apply_options(document, options);  // what cannot be applied has ended the run
  time.add(result.last);
  Diagnosis found = time.whole(run_facts(document, started), result.first);
  if (found.verdict.kind == VerdictKind::NotYet) return {};
  return found;
}

}  // namespace

Outcome drive(Document document, const RunOptions& options, Interrupts& interrupts, bool with_trace, RunLog* log,
              EventFile* events) {
  Outcome outcome;
  Inbox inbox(interrupts);
  Progress progress(options);
  bool finished = false;
  std::optional<Started> started;
  Nanos interrupted_at = 0;
  TrainingTime time;
  CurveWatch curves(document);
  const auto run = Run::start(document, options, [&inbox, log](const Fact& fact) {
    if (log != nullptr) log->take(fact);
    inbox.put(fact);
  });
  while (!finished) {
    interrupts.wait(progress.period());
    if (interrupts.requested() && !outcome.interrupted) {
      outcome.interrupted = true;
      interrupted_at = Clock::system().now();
      if (options.checkpoints.folder.empty() && options.world.alone()) {
        run->stop();
      } else {
        run->stop_behind_step();
      }
      progress.line("stopping; Ctrl-C again ends at once");
    }
    if (outcome.interrupted && Clock::system().now() - interrupted_at > kStepPatience) run->stop();
    const Snapshot now = run->snapshot();
    if (log != nullptr) log->take(now);
    if (events != nullptr) events->take(now);
    time.add(now);
    if (!outcome.interrupted) progress.tick(now);
    for (const Fact& fact : inbox.take()) {
      if (events != nullptr) events->take(fact);
      std::visit(Receiver{progress, curves, outcome, started, finished}, fact);
    }
  }
  progress.clear();
  outcome.curves = judge_run(document, outcome.result.epochs);
  if (started) outcome.diagnosis = diagnosis_of(time, std::move(document), options, *started, outcome.result);
  if (with_trace)
    outcome.trace = trace_json(run->trace()->read(), [&run](const std::string& lane, std::uint64_t record) {
      return run->locate(lane, record);
    });
  return outcome;
}

void list_errors(const std::vector<RecordError>& errors) {
  std::uint64_t times = 0;
  std::uint64_t records = 0;
  for (const RecordError& error : errors) {
    times += error.count;
    records += error.records;
  }
  if (times == 0) return;
  put_line(stderr, fmt::format("{} left out:", left_out_text(records, times)));
  for (std::size_t i = 0; i < errors.size() && i < kShownFailures; ++i)
    put_line(stderr,
             fmt::format("  {}: {}", left_out_text(errors[i].records, errors[i].count), errors[i].error.line()));
  if (errors.size() > kShownFailures)
    put_line(stderr, fmt::format("  and {} more kinds; --json lists all", errors.size() - kShownFailures));
}

ExitCode conclude(const Outcome& outcome) {
  const RunResult& result = outcome.result;
  if (outcome.started) list_errors(result.errors);
  for (const RecordError& notice : result.notices)
    if (notice.count > 0)  // the others were told when the run began
      put_line(stderr, fmt::format("warning: {} ({} not kept)", notice.error.line(), plural(notice.count, "value")));
  const Snapshot& last = result.last;
  std::string work =
      fmt::format("{} in {}", plural(last.trainer.steps, "step"), duration(result.earlier_wall_s + last.elapsed()));
  if (const double whole = training_rate({}, last.trainer); whole > 0)
    work += fmt::format(", {} samples/s (training only, whole run)", rate(whole));
  const bool failed = result.end == RunResult::End::Failed;
  const bool cancelled = failed && result.failure && result.failure->code == ErrorCode::Cancelled;
  if (outcome.interrupted && (cancelled || result.end == RunResult::End::Stopped)) {
    put_line(stderr,
             outcome.started ? "interrupted: stopped cleanly after " + work : "interrupted before training began");
    return kInterrupted;
  }
  if (failed) {
    const Error error = result.failure.value_or(Error{.code = ErrorCode::Failed, .reason = "the run failed"});
    complain(error);
    return exit_code(error.code);
  }
  std::string text = "done: " + work;
  if (last.process.peak_rss_bytes > 0) text += ", peak memory " + bytes(last.process.peak_rss_bytes);
  put_line(stderr, text);
  return kOk;
}

}  // namespace feedline::cli
