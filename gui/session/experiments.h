// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "diagnosis/fix.h"
#include "recording/run_log.h"
#include "runs/predictions.h"
#include "tuning/baselines.h"
#include "tuning/find_rate.h"
#include "tuning/prove.h"
#include "tuning/study.h"
#include "tuning/tune.h"
#include "tuning/virtual_gain.h"

#include <QObject>
#include <QString>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace feedline::gui::inline session {

/// Proofs, tuning, studies and baselines in the background: one job at a time, on a thread of its own. Results arrive
/// as queued calls with the number of their job; nothing here waits for it but the destructor, which stops it first.
class Experiments : public QObject {
  Q_OBJECT

 public:
  explicit Experiments(QObject* parent = nullptr);
  ~Experiments() override;

  [[nodiscard]] bool busy() const { return busy_; }
  /// Busy with a proof, with tuning or with a gain, not just with the record.
  [[nodiscard]] bool measuring() const { return busy_ && measuring_; }
  /// Runs the graph as it is and with the fix in turn, and keeps the prediction with what came of it. Ignored while a
  /// job is going on. `graph`: its name in the record; `verdict`: the kind that offered the fix; `processes`: that
  /// share out each of the two.
  void prove(const Document& document, const Fix& fix, const QString& graph, VerdictKind verdict, int processes = 1);
  void tune(const Document& document);
  /// Lets the graph run and makes a node look so many times faster: see measure_virtual_gain().
  void measure_gain(const Document& document, const QString& node, double factor);
  /// Runs the settings as options say, apart from what the experiments set: stop, progress, the record (with `source`)
  /// and who is told.
  void study(std::vector<StudySetting> settings, StudyOptions options, const RunSource& source);
  /// Holds the graph's model against simpler ones, with what the experiments set likewise.
  void baselines(const Document& document, BaselineOptions options, const RunSource& source);
  /// Tries growing learning rates on the graph, in so many steps: see tuning/find_rate.h.
  void find_rate(const Document& document, std::uint64_t steps);
  void stop();
  /// Reads the record of predictions; answered by recorded().
  void read_record();
  /// Length of a proof; for tests.
  void set_seconds(double seconds) { seconds_ = seconds; }

 Q_SIGNALS:
  void busy_changed(bool busy);
  void progressed(const QString& what, double seconds_left);
  /// Of a proof that goes on: what is known after one more pair.
  void pair_measured(const feedline::Fix& fix, const feedline::Proof& so_far);
  void proven(const feedline::Fix& fix, const feedline::Proof& proof);
  void tuned(const feedline::TuneResult& result);
  void gain_measured(const feedline::VirtualGain& gain);
  /// Of a study that goes on: what is known after one more run.
  void trial_over(const feedline::Study& so_far);
  void studied(const feedline::Study& study);
  /// Of baselines that go on: what is known after one more run.
  void baseline_fitted(const feedline::Baselines& so_far);
  void baselines_found(const feedline::Baselines& baselines);
  void rate_found(const feedline::FoundRate& found);
  void failed(const feedline::Error& error);
  void recorded(const std::vector<feedline::Prediction>& predictions);

 private:
  /// What work on the other thread has of the experiments.
  class Job {
   public:
    Job(Experiments& experiments, quint64 number, std::stop_token stop)
        : experiments_(experiments), number_(number), stop_(std::move(stop)) {}
    /// Runs `show` on the experiments's thread if the job is still the present one.
    void post(std::function<void()> show) const;
    /// Emits a signal of the experiments.
    template <class... Values>
    void tell(void (Experiments::*signal)(const Values&...), const Values&... values) const {
      post([&experiments = experiments_, signal, values...] { (experiments.*signal)(values...); });
    }
    /// Stops with the job; tells of its progress.
    [[nodiscard]] MeasureOptions measuring() const;

   private:
    Experiments& experiments_;
    quint64 number_;
    std::stop_token stop_;
  };
  using Work = std::function<Status(const Job&)>;
  /// Ignored while a job is going on. An error of the work is told.
  void begin(Work work, bool measuring = true);

  bool busy_ = false;
  bool measuring_ = false;  ///< what it is busy with, or was last
  quint64 job_ = 0;
  double seconds_ = 15;
  std::jthread thread_{};
};

}  // namespace feedline::gui::inline session
