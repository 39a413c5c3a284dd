// SPDX-License-Identifier: GPL-3.0-or-later
// A run cares nothing for what learns: estimators through the loop that trains networks, on real files and threads.
#include "recording/surroundings.h"
#include "schema/node_builder.h"
#include "support/fake_nodes.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/learner.h"
#include "training/report.h"
#include "training/step_fault.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace test_estimator {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr int kRecords = 400;
constexpr std::size_t kClasses = 9;

/// Six records in ten are of class 2, none of the classes 0, 1, 3 and 4.
std::int64_t label_of(std::uint64_t record) {
  const auto digit = static_cast<std::int64_t>((record * 7 + record / 10) % 10);
  return digit < 6 ? 2 : digit - 1;
}

QByteArray uneven_labels() {
  QByteArray bytes = idx_labels(kRecords);
  for (int i = 0; i < kRecords; ++i) bytes[8 + i] = static_cast<char>(label_of(static_cast<std::uint64_t>(i)));
  return bytes;
}

/// Fits for so long, in small steps; or throws, or predicts nonsense.
class SlowFit final : public Estimator {
 public:
  SlowFit(double seconds, std::string fault) : seconds_(seconds), fault_(std::move(fault)) {}
  Result<FitScore> add(const EstimatorRows&) override {
    if (fault_ == "add") throw std::runtime_error("no such luck");
    return FitScore{};
  }
  Result<Fit> fit(FitControl& control) override {
    if (fault_ == "fit") return fail("the rows are all alike", "Use others");
    constexpr int kPieces = 1000;
    for (int i = 0; i < kPieces; ++i) {
      std::this_thread::sleep_for(std::chrono::duration<double>(seconds_ / kPieces));
      if (!control.go_on(static_cast<double>(i) / kPieces, 1.0 / (1 + i))) return fail_cancelled();
    }
    return Fit{};
  }
  Status predict(const EstimatorRows&, std::span<float> out) const override {
    std::ranges::fill(out, fault_ == "predict" ? NAN : 0.1F);
    return {};
  }
  [[nodiscard]] bool gives_probabilities() const override { return false; }

 private:
  double seconds_;
  std::string fault_;
};

struct SlowFitNode {
  struct Params {
    double seconds = 0.01;
    std::string fault{};
  };
  static NodeSpec spec() {
    return node<SlowFitNode>("slow_fit", 1, "Slow fit", "Fits slowly.")
        .in("target", Kind::Target)
        .out("estimator", Kind::Estimator)
        .param("seconds", &Params::seconds, range(0, 1000), "How long.")
        .param("fault", &Params::fault, "What goes wrong.");
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return std::vector<TensorDesc>{{.kind = Kind::Estimator}};
  }
  static std::int64_t passes(const Params&) { return 1; }
  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup&) {
    return std::make_unique<SlowFit>(params.seconds, params.fault);
  }
};

/// The most rows that Centroids was given at once, since this was 0.
std::atomic<std::size_t> most_rows_at_once = 0;

/// The nearest of the classes' mean pictures. Needs two passes (the mean of all first), keeps a matrix of features.
class Centroids final : public Estimator {
 public:
  explicit Centroids(EstimatorSetup setup)
      : setup_(std::move(setup)),
        columns_(static_cast<std::size_t>(setup_.inputs[0].elements())),
        mean_(columns_, 0),
        centres_(setup_.outputs() * columns_, 0),
        counts_(setup_.outputs(), 0) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    most_rows_at_once = std::max(most_rows_at_once.load(), rows.count);
    std::vector<float> matrix(rows.count * columns_);
    rows.inputs[0].copy_to(matrix);
    const auto labels = rows.inputs[1].values<std::int64_t>();
    for (std::size_t row = 0; row < rows.count; ++row)
      for (std::size_t column = 0; column < columns_; ++column) {
        const double number = matrix[row * columns_ + column];
        if (rows.pass == 1) mean_[column] += number;
        if (rows.pass == 2)
          centres_[static_cast<std::size_t>(labels[row]) * columns_ + column] += number - mean_[column];
      }
    for (const std::int64_t label : labels) counts_[static_cast<std::size_t>(label)] += 1;
    pass_ = rows.pass;
    rows_ += static_cast<double>(rows.count);
    return FitScore{.loss = 1.0 / pass_, .accuracy = 0.5};
  }
  Result<Fit> fit(FitControl& control) override {
    if (!control.go_on(0.5)) return fail_cancelled();
    if (pass_ == 1) {
      if (rows_ != static_cast<double>(setup_.rows)) return fail("it was told of another number of rows");
      for (double& number : mean_) number /= rows_;
      std::ranges::fill(counts_, 0);
      return Fit{{}, false};
    }
    for (std::size_t i = 0; i < centres_.size(); ++i) centres_[i] /= std::max(counts_[i / columns_], 1.0);
    return Fit{};
  }
  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> matrix(rows.count * columns_);
    rows.inputs[0].copy_to(matrix);
    const std::size_t classes = setup_.outputs();
    for (std::size_t row = 0; row < rows.count; ++row) {
      std::vector<double> distances(classes, 0);
      for (std::size_t i = 0; i < centres_.size(); ++i) {
        const double number = matrix[row * columns_ + i % columns_] - mean_[i % columns_] - centres_[i];
        distances[i / columns_] += number * number;
      }
      const double least = *std::ranges::min_element(distances);
      double all = 0;
      for (double& distance : distances) all += distance = std::exp((least - distance) / 1e5);
      for (std::size_t i = 0; i < classes; ++i) out[row * classes + i] = static_cast<float>(distances[i] / all);
    }
    return {};
  }

 private:
  EstimatorSetup setup_;
  std::size_t columns_;
  std::vector<double> mean_;
  std::vector<double> centres_;
  std::vector<double> counts_;
  double rows_ = 0;
  std::uint32_t pass_ = 0;
};

struct CentroidsNode {
  struct Params {};
  static NodeSpec spec() {
    return node<CentroidsNode>("centroids", 1, "Centroids", "The nearest mean.")
        .in("x", Kind::Tensor)
        .in("target", Kind::Target)
        .out("estimator", Kind::Estimator);
  }
  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs) {
    return std::vector<TensorDesc>{{.kind = Kind::Estimator}};
  }
  static std::int64_t passes(const Params&) { return 2; }
  static Result<std::unique_ptr<Estimator>> estimator(const Params&, const EstimatorSetup& setup) {
    return std::make_unique<Centroids>(setup);
  }
};

const Registry& with_estimators() {
  static const Registry registry = [] {
    Registry r;
    for (const NodeSpec* spec : Registry::instance().all()) r.add(*spec);
    r.add(SlowFitNode::spec());
    r.add(CentroidsNode::spec());
    return r;
  }();
  return registry;
}

/// A run without its thread's beginnings, so that it can learn with estimators that only this test knows.
class LoopRun {
 public:
  LoopRun(const Document& document, RunOptions options = {}) : options_(std::move(options)) {
    auto made = make_plan(document, {}, nullptr, with_estimators());
    if (!made) qFatal("%s", made.error().line().c_str());
    plan_ = std::move(*made);
    thread_ = std::jthread([this] { learn(); });
  }
  ~LoopRun() { state_.stop(); }

  RunState& state() { return state_; }
  [[nodiscard]] const Plan& plan() const { return *plan_; }
  [[nodiscard]] bool ended() const { return ended_; }
  /// The end, as text: "completed", "stopped" or the error.
  QString wait() {
    if (thread_.joinable()) thread_.join();
    return QString::fromStdString(end_);
  }
  [[nodiscard]] const RunResult& result() const { return result_; }

 private:
  void learn() {
    auto training = make_training(*plan_, options_, state_);
    if (!training) {
      end_ = training.error().line();
    } else {
      TrainerLoop loop(plan_, options_, *training, state_, result_);
      const auto end = loop.run();
      end_ = !end ? end.error().line() : *end == TrainerLoop::End::Stopped ? "stopped" : "completed";
    }
    ended_ = true;
  }

  RunOptions options_;
  std::shared_ptr<const Plan> plan_{};
  RunState state_{[](const Fact&) {}};
  RunResult result_{};
  std::string end_{};
  std::atomic<bool> ended_ = false;
  std::jthread thread_{};
};

/// Losses to the last bit.
std::vector<double> figures_of(const RunResult& result) {
  std::vector<double> all;
  for (const EpochResult& epoch : result.epochs)
    for (const MetricValue& metric : epoch.metrics) all.push_back(metric.value);
  return all;
}

double milliseconds_since(Nanos start) { return seconds(Clock::system().now() - start) * 1e3; }

}  // namespace

class TestEstimator : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void majority_is_the_share_of_its_class();
  void same_bits_whatever_the_workers();
  void an_estimator_fits_anew_where_more_passes_are_asked_for();
  void ends_after_max_steps_with_what_it_has();
  void measuring_runs_grow_nothing();
  void stops_at_once();
  void paused_stands_still();
  void facts_and_report_tell_what_learns();
  void a_fit_shows_how_far_it_is();
  void a_fit_stops_at_once();
  void a_fit_pauses();
  void faults_name_the_node_data();
  void faults_name_the_node();
  void features_and_two_passes();
  void wide_rows_come_in_parts();
  void rows_are_typed();

 private:
  [[nodiscard]] Document document(const std::string& learner = "majority_class", bool even = false,
                                  bool wide = false) const;

  QTemporaryDir folder_;
};

void TestEstimator::initTestCase() {
  write_file(folder_.path() + "/images", idx_images(kRecords));
  write_file(folder_.path() + "/uneven", uneven_labels());
  write_file(folder_.path() + "/even", idx_labels(kRecords));
}

Document TestEstimator::document(const std::string& learner, bool even, bool wide) const {
  const std::string way =
      wide ? " resize:resize shuffle.sample>resize.image resize.image>batch.image batch.image>learner.x"
           : " shuffle.sample>batch.image batch.image>learner.x";
  Graph graph("source:idx shuffle:shuffle batch:batch learner:" + learner +
              " trainer:trainer source.image>shuffle.sample source.label>shuffle.label shuffle.label>batch.label "
              "batch.label>learner.target learner.estimator>trainer.estimator" +
              (learner == "centroids" ? way : ""));
  if (wide) graph.set("resize", "width", std::int64_t{120}).set("resize", "height", std::int64_t{120});
  graph.set("source", "images", (folder_.path() + "/images").toStdString());
  graph.set("source", "labels", (folder_.path() + (even ? "/even" : "/uneven")).toStdString());
  graph.set("batch", "size", std::int64_t{32});
  graph.set("trainer", "validation_split", 0.25);
  return graph.document();
}

void TestEstimator::majority_is_the_share_of_its_class() {
  RecordedRun run(document());
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, result.failure ? result.failure->line().c_str() : "");
  QVERIFY2(run.story().endsWith("Started EpochDone Finished"), qPrintable(run.story()));

  const auto plan = make_plan(document(), {});
  QVERIFY(plan.has_value());
  QVERIFY((*plan)->estimator() != nullptr && (*plan)->network() == nullptr);
  QVERIFY((*plan)->train.steps.empty());  // no picture is decoded for it
  const auto counts_of = [](const DataPlan& data) {
    std::vector<double> counts(kClasses, 0);
    for (std::uint64_t i = 0; i < data.sampler.count; ++i)
      counts[static_cast<std::size_t>(label_of(data.sampler.record(1, i)))] += 1;
    return counts;
  };
  const std::vector<double> train = counts_of((*plan)->train);
  const std::vector<double> validation = counts_of(*(*plan)->validation);
  QVERIFY(train[2] == *std::ranges::max_element(train));

  QCOMPARE(result.epochs.size(), 1U);  // the trainer's five epochs are no matter of its
  const EpochResult& epoch = result.epochs.front();
  QCOMPARE(epoch.samples, 300U);
  QCOMPARE(epoch.value("accuracy", kTrainSplit), train[2] / 300);
  QCOMPARE(epoch.value("accuracy", kValSplit), validation[2] / 100);
  double loss = 0;
  for (std::size_t i = 0; i < kClasses; ++i)
    loss -= validation[i] / 100 * std::log((train[i] + 1) / (300.0 + kClasses));
  QVERIFY2(std::abs(epoch.loss(kValSplit) - loss) < 1e-6,
           qPrintable(QString("%1 %2").arg(epoch.loss(kValSplit)).arg(loss)));

  QVERIFY(epoch.evaluation != nullptr);
  const Evaluation& evaluation = *epoch.evaluation;
  QCOMPARE(evaluation.classes, kClasses);
  for (std::size_t label = 0; label < kClasses; ++label)
    for (std::size_t predicted = 0; predicted < kClasses; ++predicted)
      QCOMPARE(static_cast<double>(evaluation.count(label, predicted)), predicted == 2 ? validation[label] : 0.0);
  QCOMPARE(evaluation.worst.size(), Evaluation::kMostWorst);
  for (const WorstSample& sample : evaluation.worst) {
    QCOMPARE(sample.label, label_of(sample.record));
    QCOMPARE(sample.predicted, 2);
    QVERIFY(sample.truth < sample.confidence && !sample.file.empty());
  }

  const TrainerSample& trainer = result.last.trainer;
  QCOMPARE(trainer.steps, 10U);
  QCOMPARE(trainer.total_steps, 10U);
  QCOMPARE(trainer.epochs, 1U);
  QVERIFY(trainer.times[Phase::Add] > 0 && trainer.times[Phase::Backward] == 0);
  QVERIFY(!trainer.fitting);
  QVERIFY(std::abs(seconds(trainer.times.total()) - result.last.elapsed()) < 0.1 * result.last.elapsed() + 0.05);
  QVERIFY(epoch.samples_per_s > 0);
}

void TestEstimator::same_bits_whatever_the_workers() {
  RecordedRun one(document(), {.workers = 1});
  RecordedRun four(document(), {.workers = 4});
  QCOMPARE(four.result().execution.workers, 4U);
  QCOMPARE(figures_of(one.result()), figures_of(four.result()));
}

void TestEstimator::an_estimator_fits_anew_where_more_passes_are_asked_for() {
  RecordedRun run(document(), {.epochs = 3});
  QCOMPARE(run.result().epochs.size(), 3U);
  QCOMPARE(run.result().last.trainer.total_steps, 30U);
  for (const EpochResult& epoch : run.result().epochs) {
    QCOMPARE(epoch.loss(kTrainSplit), run.result().epochs.front().loss(kTrainSplit));
    QCOMPARE(epoch.loss(kValSplit), run.result().epochs.front().loss(kValSplit));
  }
}

void TestEstimator::ends_after_max_steps_with_what_it_has() {
  RecordedRun run(document(), {.max_steps = 2});
  QVERIFY(run.result().end == RunResult::End::Completed);
  QCOMPARE(run.result().epochs.size(), 1U);
  QCOMPARE(run.result().epochs.front().samples, 64U);
  QVERIFY(run.result().epochs.front().value("accuracy", kTrainSplit) > 0);
}

/// The same few batches again and again: what is learnt of them is thrown away after each round.
void TestEstimator::measuring_runs_grow_nothing() {
  RecordedRun run(document(), {.max_steps = 500, .replay_batches = 2});
  QVERIFY(run.result().end == RunResult::End::Completed);
  QCOMPARE(run.result().last.trainer.steps, 500U);
  RecordedRun drained(document(), {.train = false});
  QCOMPARE(drained.result().last.trainer.samples, 300U);
  QVERIFY(std::isnan(drained.result().epochs.front().loss(kTrainSplit)));
}

void TestEstimator::stops_at_once() {
  std::atomic<Nanos> asked = 0;
  RecordedRun run(document(), {.epochs = 1'000'000}, [&](Run& running, const Fact& fact) {
    const auto* done = std::get_if<EpochDone>(&fact);
    if (done == nullptr || done->result.epoch != 3) return;
    asked = Clock::system().now();
    running.stop();
  });
  QVERIFY(run.result().end == RunResult::End::Stopped);
  QVERIFY2(milliseconds_since(asked) < 200, qPrintable(QString::number(milliseconds_since(asked))));
  QVERIFY(!run.result().failure);
}

void TestEstimator::paused_stands_still() {
  RecordedRun plain(document(), {.epochs = 3});
  QVERIFY(plain.result().end == RunResult::End::Completed);
  RecordedRun paused(document(), {.epochs = 3}, [](Run& running, const Fact& fact) {
    const auto* done = std::get_if<EpochDone>(&fact);
    if (done != nullptr && done->result.epoch == 1) running.pause();
  });
  QVERIFY(paused.wait_for<EpochDone>());
  QTRY_VERIFY(paused.run().paused());
  const auto rests = [&] {
    const TrainerSample before = paused.run().snapshot().trainer;
    QTest::qWait(20);
    const TrainerSample after = paused.run().snapshot().trainer;
    return before.steps == after.steps && before.times.total() == after.times.total();
  };
  QTRY_VERIFY_WITH_TIMEOUT(rests(), 30000);
  QCOMPARE(paused.run().snapshot().trainer.steps, 10U);
  paused.run().resume();
  QCOMPARE(figures_of(paused.result()), figures_of(plain.result()));
}

void TestEstimator::facts_and_report_tell_what_learns() {
  RecordedRun run(document());
  const RunResult& result = run.result();
  const std::vector<Fact> facts = run.facts();
  const auto at = std::ranges::find_if(facts, [](const Fact& f) { return std::holds_alternative<Started>(f); });
  QVERIFY(at != facts.end());
  const Started& started = std::get<Started>(*at);
  QCOMPARE(started.estimator, std::string("majority_class"));
  QVERIFY(started.execution == result.execution);
  QCOMPARE(started.execution.device, std::string("cpu"));
  QCOMPARE(started.execution.replicas, 0);
  QVERIFY(started.execution.intra_op_threads >= 1 && started.execution.workers >= 1);
  QVERIFY(started.execution.precision.empty());
  const Properties around = surroundings(started, {}, {});
  QVERIFY(std::ranges::find(around, std::pair<std::string, std::string>("estimator", "majority_class")) !=
          around.end());
  for (const auto& [name, value] : around) QVERIFY2(!value.empty(), name.c_str());

  const QJsonObject report = QJsonDocument::fromJson(QByteArray::fromStdString(report_json(result))).object();
  QCOMPARE(report["result"].toString(), QString("completed"));
  QCOMPARE(report["epochs"][0]["val_accuracy"].toDouble(), result.epochs.front().value("accuracy", kValSplit));
  QVERIFY(report["step"]["add_s"].toDouble() > 0);
  QCOMPARE(report["replicas"].toInt(), 0);
  QVERIFY(report["precision"].isNull());
  QCOMPARE(report["confusion"]["classes"].toArray().size(), static_cast<qsizetype>(kClasses));
}

void TestEstimator::a_fit_shows_how_far_it_is() {
  Document slow = document("slow_fit");
  slow = with(slow, "learner", "seconds", 0.6);
  LoopRun run(slow);
  std::vector<double> seen;
  while (!run.ended()) {
    if (const auto fraction = run.state().snapshot().trainer.fitting) seen.push_back(*fraction);
    QTest::qWait(5);
  }
  QCOMPARE(run.wait(), QString("completed"));
  QVERIFY(seen.size() > 10);
  QVERIFY(std::ranges::is_sorted(seen));
  QVERIFY(seen.back() > 0.5);
  const Snapshot last = run.state().snapshot();
  QVERIFY(!last.trainer.fitting);
  QVERIFY(seconds(last.trainer.times[Phase::Fit]) > 0.5);
  QVERIFY(last.loss_curve.size() > 5);  // the losses that it told of
  // It belongs to no step, so no rate is lower for it.
  QVERIFY(last.trainer.stepped <= last.trainer.trained().total());
  QVERIFY(last.trainer.times.total() - last.trainer.trained().total() >= last.trainer.times[Phase::Fit]);
  QCOMPARE(run.result().epochs.front().samples_per_s, 300 / seconds(last.trainer.stepped));
  QVERIFY(std::isnan(run.result().epochs.front().loss(kValSplit)));  // it only decides
  QVERIFY(std::isfinite(run.result().epochs.front().value("accuracy", kValSplit)));
}

void TestEstimator::a_fit_stops_at_once() {
  LoopRun run(with(document("slow_fit"), "learner", "seconds", 100.0));
  QTRY_VERIFY_WITH_TIMEOUT(run.state().snapshot().trainer.fitting.has_value(), 30000);
  const Nanos asked = Clock::system().now();
  run.state().stop();
  QCOMPARE(run.wait(), QString("stopped"));
  QVERIFY2(milliseconds_since(asked) < 200, qPrintable(QString::number(milliseconds_since(asked))));
  QVERIFY(run.result().epochs.empty());
}

void TestEstimator::a_fit_pauses() {
  QElapsedTimer timer;
  timer.start();
  LoopRun run(with(document("slow_fit"), "learner", "seconds", 1.0));
  QTRY_VERIFY_WITH_TIMEOUT(run.state().snapshot().trainer.fitting.has_value(), 30000);
  run.state().pause();
  const auto rests = [&] {
    const TrainerSample before = run.state().snapshot().trainer;
    QTest::qWait(60);
    const TrainerSample after = run.state().snapshot().trainer;
    return before.times.total() == after.times.total() && before.fitting == after.fitting && after.fitting;
  };
  QTRY_VERIFY_WITH_TIMEOUT(rests(), 10000);
  QTest::qWait(1200);  // it would have ended by now
  QVERIFY(!run.ended());
  run.state().resume();
  QCOMPARE(run.wait(), QString("completed"));
  QVERIFY(seconds(run.state().snapshot().trainer.times[Phase::Fit]) < static_cast<double>(timer.elapsed()) / 1e3 - 1.0);
}

void TestEstimator::faults_name_the_node_data() {
  QTest::addColumn<QString>("fault");
  QTest::addColumn<QString>("says");
  QTest::newRow("adding throws") << "add"
                                 << "no such luck";
  QTest::newRow("fitting refuses") << "fit"
                                   << "the rows are all alike";
  QTest::newRow("predicting gives no numbers") << "predict"
                                               << "no finite number";
}

void TestEstimator::faults_name_the_node() {
  QFETCH(QString, fault);
  QFETCH(QString, says);
  LoopRun run(with(document("slow_fit"), "learner", "fault", fault.toStdString()));
  const QString end = run.wait();
  QVERIFY2(end.contains("learner") && end.contains(says), qPrintable(end));
}

void TestEstimator::features_and_two_passes() {
  LoopRun run(document("centroids", true));
  QCOMPARE(run.wait(), QString("completed"));
  QCOMPARE(run.result().epochs.size(), 2U);
  QVERIFY(std::isnan(run.result().epochs[0].value("accuracy", kValSplit)));  // one pass is not enough
  QVERIFY(run.result().epochs[0].evaluation == nullptr);
  QVERIFY(run.result().epochs[1].value("accuracy", kValSplit) > 0.95);
  QVERIFY(run.result().epochs[1].loss(kValSplit) < 0.5);
  const std::vector<Point> curve = run.state().snapshot().loss_curve;
  QCOMPARE(curve.size(), 20U);  // of each batch
  QCOMPARE(curve.back().y, 0.5);
  QCOMPARE(run.plan().estimator()->passes, std::optional<std::uint32_t>(2));
}

/// What an estimator does with 14,400 numbers a row may take long, so that a batch of 32 is given to it in parts,
/// between which a stop is obeyed; the score is that of the batch.
void TestEstimator::wide_rows_come_in_parts() {
  most_rows_at_once = 0;
  LoopRun run(document("centroids", true, true));
  QCOMPARE(run.wait(), QString("completed"));
  QCOMPARE(most_rows_at_once.load(), 4U);
  QVERIFY(run.result().epochs[1].value("accuracy", kValSplit) > 0.95);
  const std::vector<Point> curve = run.state().snapshot().loss_curve;
  QCOMPARE(curve.size(), 20U);
  QVERIFY(std::abs(curve.front().y - 1) < 1e-12 && std::abs(curve.back().y - 0.5) < 1e-12);
}

void TestEstimator::rows_are_typed() {
  const std::vector<std::int32_t> numbers = {1, -2, 3, 4, 5, 6};
  const EstimatorInput input{.record = {.dtype = DType::I32, .shape = {2}},
                             .data = reinterpret_cast<const std::byte*>(numbers.data()),
                             .rows = 3};
  QCOMPARE(input.values<std::int32_t>().size(), 6U);
  QVERIFY(input.values<float>().empty());
  const EstimatorInput last = input.slice(2, 1);
  QCOMPARE(last.values<std::int32_t>()[0], 5);
  std::vector<float> floats(4);
  input.slice(0, 2).copy_to(floats);
  QCOMPARE(floats, (std::vector<float>{1, -2, 3, 4}));
  QVERIFY(!EstimatorInput{}.wired() && EstimatorInput{}.values<float>().empty());
}

FEEDLINE_TEST(TestEstimator)

}  // namespace test_estimator

#include "test_estimator.moc"
