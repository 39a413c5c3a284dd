// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/experiments.h"

#include "gui/session/hand_over.h"
#include "gui/session/rank_helpers.h"
#include "gui/session/work_fault.h"
#include "recording/study_log.h"
#include "tuning/pair_clock.h"

#include <exception>
#include <utility>

namespace feedline::gui::inline session {
namespace {

/// The proof stands even where its record cannot be kept.
Result<std::vector<Prediction>> keep(const Prediction& prediction) {
  auto database = Database::open();
  if (!database) return fail(std::move(database.error()));
  if (auto added = add_prediction(*database, prediction); !added) return fail(std::move(added.error()));
  return predictions(*database);
}

}  // namespace

Experiments::Experiments(QObject* parent) : QObject(parent) {}

Experiments::~Experiments() {
  ++job_;  // what is still under way is not shown
  thread_.request_stop();
}

void Experiments::Job::post(std::function<void()> show) const {
  post_to(&experiments_, [&experiments = experiments_, number = number_, show = std::move(show)] {
    if (number == experiments.job_) show();
  });
}

MeasureOptions Experiments::Job::measuring() const {
  MeasureOptions options;
  options.stop = stop_;
  options.progress = [job = *this](std::string_view what, double left) {
    const QString text = QString::fromUtf8(what.data(), static_cast<qsizetype>(what.size()));
    job.post([&experiments = job.experiments_, text, left] { Q_EMIT experiments.progressed(text, left); });
  };
  return options;
}

void Experiments::begin(Work work, bool measuring) {
  if (busy_) return;
  busy_ = true;
  measuring_ = measuring;
  // The former job has ended: its end was shown, or busy_ would still be set.
  thread_ = std::jthread([this, number = ++job_, work = std::move(work)](const std::stop_token& stop) {
    const Job job(*this, number, stop);
    try {
      if (const Status done = work(job); !done) job.tell(&Experiments::failed, done.error());
    } catch (const std::exception& fault) {
      job.tell(&Experiments::failed, work_fault(fault));
    }
    job.post([this] {
      busy_ = false;
      Q_EMIT busy_changed(false);
    });
  });
  Q_EMIT busy_changed(true);
}

void Experiments::stop() { thread_.request_stop(); }

void Experiments::prove(const Document& document, const Fix& fix, const QString& graph, VerdictKind verdict,
                        int processes) {
  begin([document, fix, graph = graph.toStdString(), verdict, processes, seconds = seconds_](const Job& job) -> Status {
    const auto changed = with_edit(document, fix.edit);
    if (!changed) return fail(changed.error());
    ProveOptions options{.measure = job.measuring(), .seconds = seconds};
    options.slice = slice_within(seconds, options.least_pairs, options.slice);
    if (processes > 1) {
      auto helpers = helper_plan(processes);
      if (!helpers) return fail(std::move(helpers.error()));
      options.measure.helpers = std::move(*helpers);
    }
    const auto first = examine(document, options.measure.before(seconds + 2 * kUsualWarmUp), 1);
    if (!first) return fail(first.error());
    shorten_epochs(options.measure, first->facts, first->diagnosis.measured());
    options.on_pair = [&job, &fix](const Proof& so_far) { job.tell(&Experiments::pair_measured, fix, so_far); };
    const auto proof = feedline::prove(document, *changed, options);
    if (!proof) return fail(proof.error());
    job.tell(&Experiments::proven, fix, *proof);
    const auto kept = keep({.graph = graph,
                            .fix = fix.id,
                            .title = fix.title,
                            .verdict = std::string(name(verdict)),
                            .predicted = fix.predicted_ratio,
                            .measured = proof->rate.ratio,
                            .low = proof->rate.low,
                            .high = proof->rate.high,
                            .pairs = static_cast<std::int64_t>(proof->rate.pairs),
                            .kept = proof->keep()});
    if (!kept) return fail(kept.error());
    job.tell(&Experiments::recorded, *kept);
    return {};
  });
}

void Experiments::tune(const Document& document) {
  begin([document](const Job& job) -> Status {
    const auto result = feedline::tune(document, {.measure = job.measuring()});
    if (!result) return fail(result.error());
    job.tell(&Experiments::tuned, *result);
    return {};
  });
}

void Experiments::measure_gain(const Document& document, const QString& node, double factor) {
  begin([document, node = node.toStdString(), factor, seconds = seconds_](const Job& job) -> Status {
    VirtualGainOptions options{.measure = job.measuring(), .seconds = seconds};
    options.slice = slice_within(seconds, options.least_pairs, options.slice);
    const auto gain = measure_virtual_gain(document, node, factor, options);
    if (!gain) return fail(gain.error());
    job.tell(&Experiments::gain_measured, *gain);
    return {};
  });
}

void Experiments::study(std::vector<StudySetting> settings, StudyOptions options, const RunSource& source) {
  begin([settings = std::move(settings), options = std::move(options), source](const Job& job) -> Status {
    StudyOptions how = options;
    how.measure = job.measuring();
    how.measure.run = options.measure.run;
    // The study stands even where its record cannot be kept.
    how.open_log = record_trials(source, [job](const Error& error) { job.tell(&Experiments::failed, error); });
    how.on_trial = [&job](const Study& so_far) { job.tell(&Experiments::trial_over, so_far); };
    const auto done = run_study(settings, how);
    if (!done) return fail(done.error());
    job.tell(&Experiments::studied, *done);
    return {};
  });
}

void Experiments::baselines(const Document& document, BaselineOptions options, const RunSource& source) {
  begin([document, options = std::move(options), source](const Job& job) -> Status {
    BaselineOptions how = options;
    how.measure = job.measuring();
    how.measure.run = options.measure.run;
    how.open_log = record_trials(source, [job](const Error& error) { job.tell(&Experiments::failed, error); });
    how.on_fit = [&job](const Baselines& so_far) { job.tell(&Experiments::baseline_fitted, so_far); };
    const auto done = run_baselines(document, how);
    if (!done) return fail(done.error());
    job.tell(&Experiments::baselines_found, *done);
    return {};
  });
}

void Experiments::find_rate(const Document& document, std::uint64_t steps) {
  begin([document, steps](const Job& job) -> Status {
    const auto found = feedline::find_rate(document, {.measure = job.measuring(), .steps = steps});
    if (!found) return fail(found.error());
    job.tell(&Experiments::rate_found, *found);
    return {};
  });
}

void Experiments::read_record() {
  const Work read = [](const Job& job) -> Status {
    auto database = Database::open();
    if (!database) return {};  // whoever proves something is told
    if (const auto all = predictions(*database)) job.tell(&Experiments::recorded, *all);
    return {};
  };
  begin(read, false);
}

}  // namespace feedline::gui::inline session
