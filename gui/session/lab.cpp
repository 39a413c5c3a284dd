// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/lab.h"

#include <QMetaObject>

#include <utility>

namespace feedline::gui {
namespace {

/// The proof stands even where its record cannot be kept.
Result<std::vector<Prediction>> keep(const Prediction& prediction) {
  auto database = Database::open();
  if (!database) return fail(std::move(database.error()));
  if (auto added = add_prediction(*database, prediction); !added) return fail(std::move(added.error()));
  return predictions(*database);
}

}  // namespace

Lab::Lab(QObject* parent) : QObject(parent) {}

Lab::~Lab() {
  ++job_;  // what is still under way is not shown
  thread_.request_stop();
}

void Lab::post(quint64 job, std::function<void()> show) {
  QMetaObject::invokeMethod(
      this,
      [this, job, show = std::move(show)] {
        if (job == job_) show();
      },
      Qt::QueuedConnection);
}

void Lab::begin(Work work) {
  if (busy_) return;
  busy_ = true;
  const quint64 job = ++job_;
  // The former job has ended: its end was shown, or busy_ would still be set.
  thread_ = std::jthread([this, job, work = std::move(work)](const std::stop_token& stop) {
    work(stop);
    post(job, [this] { end(); });
  });
  Q_EMIT busy_changed(true);
}

void Lab::end() {
  busy_ = false;
  Q_EMIT busy_changed(false);
}

void Lab::stop() { thread_.request_stop(); }

MeasureOptions Lab::measuring(quint64 job, const std::stop_token& stop) {
  MeasureOptions options;
  options.stop = stop;
  options.progress = [this, job](std::string_view what, double left) {
    post(job, [this, text = QString::fromUtf8(what.data(), static_cast<qsizetype>(what.size())), left] {
      Q_EMIT progressed(text, left);
    });
  };
  return options;
}

void Lab::prove(const Document& document, const Fix& fix, const QString& graph, VerdictKind verdict) {
  const quint64 job = job_ + 1;
  begin([this, job, document, fix, graph = graph.toStdString(), verdict,
         seconds = seconds_](const std::stop_token& stop) {
    const auto show_error = [&](const Error& error) { post(job, [this, error] { Q_EMIT failed(error); }); };
    const auto changed = with_edit(document, fix.edit);
    if (!changed) return show_error(changed.error());
    ProveOptions options{.measure = measuring(job, stop), .seconds = seconds};
    const auto first = examine(document, options.measure.before(seconds + 2 * kUsualWarmUp), 1);
    if (!first) return show_error(first.error());
    shorten_epochs(options.measure, first->facts, first->diagnosis.measured());
    options.on_pair = [&](const RatioEstimate& so_far) { post(job, [this, so_far] { Q_EMIT pair_measured(so_far); }); };
    const auto proof = feedline::prove(document, *changed, options);
    if (!proof) return show_error(proof.error());
    post(job, [this, fix, proof = *proof] { Q_EMIT proven(fix, proof); });
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
    if (!kept) return show_error(kept.error());
    post(job, [this, all = *kept] { Q_EMIT recorded(all); });
  });
}

void Lab::tune(const Document& document) {
  const quint64 job = job_ + 1;
  begin([this, job, document](const std::stop_token& stop) {
    const auto result = feedline::tune(document, {.measure = measuring(job, stop)});
    if (!result) return post(job, [this, error = result.error()] { Q_EMIT failed(error); });
    post(job, [this, result = *result] { Q_EMIT tuned(result); });
  });
}

void Lab::measure_gain(const Document& document, const QString& node, double factor) {
  const quint64 job = job_ + 1;
  begin([this, job, document, node = node.toStdString(), factor, seconds = seconds_](const std::stop_token& stop) {
    const auto gain =
        measure_virtual_gain(document, node, factor, {.measure = measuring(job, stop), .seconds = seconds});
    if (!gain) return post(job, [this, error = gain.error()] { Q_EMIT failed(error); });
    post(job, [this, gain = *gain] { Q_EMIT gain_measured(gain); });
  });
}

void Lab::read_record() {
  const quint64 job = job_ + 1;
  begin([this, job](const std::stop_token&) {
    auto database = Database::open();
    if (!database) return;  // whoever proves something is told
    if (auto all = predictions(*database)) post(job, [this, all = std::move(*all)] { Q_EMIT recorded(all); });
  });
}

}  // namespace feedline::gui
