// SPDX-License-Identifier: GPL-3.0-or-later
// Several processes that learn from each batch together, as threads of this one: the numbers are those of as many
// replicas, to the last bit.
#include "diagnosis/fixes/insert_cache.h"
#include "networks.h"
#include "state/checkpoint_files.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/thread_group.h"
#include "training/ranks/rank_agreement.h"
#include "training/ranks/rank_evaluation.h"
#include "training/ranks/rank_parts.h"
#include "training/residual_tally.h"
#include "training/resume.h"
#include "tuning/live_run.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <optional>
#include <thread>

namespace test_rank_training {

using namespace feedline;
using namespace feedline::test;

namespace {

namespace fs = std::filesystem;

TrainingState newest_in(const fs::path& folder) {
  auto found = find_checkpoint(folder);
  if (!found || !*found) qFatal("no checkpoint in %s", folder.c_str());
  return std::move((*found)->state);
}

/// A run of so many ranks, each with one replica; what rank 0 says of it, or a rank that failed.
std::vector<RunResult> run_ranks(const Document& graph, int count, const RunOptions& options) {
  ThreadRanks group(count);
  std::vector<std::unique_ptr<RecordedRun>> runs;
  for (int rank = 0; rank < count; ++rank) {
    RunOptions own = options;
    own.group = group.rank(rank);
    runs.push_back(std::make_unique<RecordedRun>(graph, own));
  }
  std::vector<RunResult> results;
  for (const auto& run : runs) results.push_back(run->result());
  runs.clear();  // before the group that they hold
  return results;
}

QString why_failed(const RunResult& result) {
  return result.failure ? QString::fromStdString(result.failure->line()) : QString();
}

/// What differs between two runs that should have learnt the same.
QString difference_between(const RunResult& a, const RunResult& b) {
  if (a.failure || b.failure) return why_failed(a) + why_failed(b);
  if (a.epochs.size() != b.epochs.size()) return "the number of epochs";
  for (std::size_t i = 0; i < a.epochs.size(); ++i) {
    for (const MetricValue& metric : a.epochs[i].metrics)
      if (b.epochs[i].value(metric.name, metric.split) != metric.value)
        return QString("%1 of %2 in epoch %3: %4 and %5")
            .arg(metric.name.c_str(), metric.split.c_str())
            .arg(i + 1)
            .arg(metric.value, 0, 'g', 17)
            .arg(b.epochs[i].value(metric.name, metric.split), 0, 'g', 17);
    if (a.epochs[i].samples != b.epochs[i].samples) return QString("samples of epoch %1").arg(i + 1);
    const auto& first = a.epochs[i].evaluation;
    const auto& second = b.epochs[i].evaluation;
    if ((first == nullptr) != (second == nullptr)) return "an evaluation";
    if (first && (first->counts != second->counts || first->worst.size() != second->worst.size()))
      return QString("the evaluation of epoch %1").arg(i + 1);
  }
  if (a.last.loss_curve.size() != b.last.loss_curve.size()) return "the length of the curve";
  for (std::size_t i = 0; i < a.last.loss_curve.size(); ++i)
    if (a.last.loss_curve[i].x != b.last.loss_curve[i].x || a.last.loss_curve[i].y != b.last.loss_curve[i].y)
      return QString("point %1 of the curve").arg(i);
  return {};
}

}  // namespace

class TestRankTraining : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  Document graph_{};
  int made_ = 0;

  fs::path fresh() { return folder_.filePath(QString("ckpt%1").arg(++made_)).toStdString(); }
  [[nodiscard]] Document with_replicas(const Document& graph, std::int64_t count) const {
    return with(graph, "trainer", "replicas", count);
  }
  [[nodiscard]] RunOptions keeping(const fs::path& folder) const {
    RunOptions options;
    options.checkpoints.folder = folder;
    return options;
  }

 private Q_SLOTS:
  /// 237 records train in batches of 32: the last one has 13.
  void initTestCase() {
    graph_ = with(small_network(folder_.path(), 316), "trainer", "epochs", std::int64_t{2});
    graph_ = with(graph_, "trainer", "workers", std::int64_t{1});
  }

  /// A measurement whose other processes cannot be started ends at once and says so.
  void a_measurement_needs_the_program_of_its_ranks() {
    MeasureOptions options;
    options.helpers.program = "/no/such/feedline-cli";
    options.helpers.processes = 2;
    LiveRun run(graph_, options);
    const Status warm = run.warm_up();
    QVERIFY(!warm.has_value());
    QCOMPARE(warm.error().file, std::string("/no/such/feedline-cli"));
    QVERIFY(!warm.error().remedy.empty());
  }

  void ranks_learn_what_replicas_learn_data() {
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("techniques");
    QTest::newRow("two") << 2 << false;
    QTest::newRow("four") << 4 << false;
    QTest::newRow("two, with accumulation, clipping, an average and small buckets") << 2 << true;
  }
  void ranks_learn_what_replicas_learn() {
    QFETCH(int, count);
    QFETCH(bool, techniques);
    Document graph = graph_;
    if (techniques) {
      graph = with(graph, "trainer", "accumulate", std::int64_t{3});
      graph = with(graph, "trainer", "bucket_mib", 0.01);
      graph = with(graph, "adam", "clip_norm", 0.05);
      graph = with(graph, "adam", "ema", 0.9);
    }
    const fs::path alone = fresh();
    const fs::path together = fresh();
    RecordedRun one(with_replicas(graph, count), keeping(alone));
    const RunResult& wanted = one.result();
    const auto found = run_ranks(with_replicas(graph, 1), count, keeping(together));
    for (const RunResult& rank : found) QCOMPARE(difference_between(wanted, rank), QString());
    const TrainingState a = newest_in(alone);
    const TrainingState b = newest_in(together);
    QVERIFY(a.parameters == b.parameters);
    QVERIFY(a.optimizer == b.optimizer);
    QVERIFY(a.generators == b.generators);
    QCOMPARE(b.position.step, a.position.step);
    QCOMPARE(found.front().execution.ranks, count);
    QCOMPARE(found.front().last.ranks.size(), static_cast<std::size_t>(count));
    const CollectiveSample& collective = found.front().last.collective;
    QVERIFY(collective.buckets > 0 && collective.busy > 0 && collective.bytes_squared > 0);
    QVERIFY(found.back().checkpoint.empty());
  }

  /// Broken off in the middle of an epoch, and gone on with as many ranks: the same bytes; with fewer, the same steps.
  void goes_on_from_a_checkpoint() {
    const fs::path folder = fresh();
    const fs::path whole_folder = fresh();
    RunOptions first = keeping(folder);
    first.max_steps = 11;
    const Document graph = with_replicas(with(graph_, "trainer", "accumulate", std::int64_t{2}), 1);
    const auto whole = run_ranks(graph, 4, keeping(whole_folder));
    QCOMPARE(why_failed(whole.front()), QString());
    QCOMPARE(why_failed(run_ranks(graph, 4, first).front()), QString());
    for (const int count : {4, 2}) {
      const fs::path on = fresh();
      RunOptions options = keeping(on);
      options.resume = {std::make_shared<const TrainingState>(newest_in(folder)), "the checkpoint"};
      const auto rest = run_ranks(graph, count, options);
      QCOMPARE(why_failed(rest.front()), QString());
      const TrainingState end = newest_in(on);
      QCOMPARE(end.position.step, newest_in(whole_folder).position.step);
      if (count == 4) QVERIFY(end.parameters == newest_in(whole_folder).parameters);
      QCOMPARE(rest.front().epochs.back().samples, whole.front().epochs.back().samples);
    }
  }

  /// Rows that are left out are missing where they were: a rank with none of a batch takes part all the same.
  void bad_rows_are_left_out_alike() {
    const auto plan = plain_network();
    const std::vector<at::Tensor> all = batch(6, features());
    const auto some = [&](std::int64_t first, std::int64_t count) {
      std::vector<at::Tensor> fields;
      for (const at::Tensor& field : all) fields.push_back(field.narrow(0, first, count));
      return fields;
    };
    const auto build = [&](std::size_t count, std::shared_ptr<RankAgreement> ranks) {
      auto model = Model::build(plan, at::kCPU, 1);
      return std::move(
          *Replicas::build(plan, std::move(*model), {.count = count, .seed = 1, .ranks = std::move(ranks)}));
    };
    // Of 8 rows, 0 and 2 are bad: the first replica has two of the six, the second four. Then all of the first half.
    struct Drawn {
      std::int64_t first;
      std::int64_t count;
      std::vector<std::size_t> missing;
    };
    const std::vector<Drawn> halves[] = {{{0, 2, {0, 2}}, {2, 4, {}}}, {{0, 0, {0, 1, 2, 3}}, {2, 4, {}}}};
    const Drawn wholes[] = {{0, 6, {0, 2}}, {2, 4, {0, 1, 2, 3}}};
    const auto both = build(2, nullptr);
    ThreadRanks group(2);
    std::vector<at::Tensor> found(2);
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < 2; ++rank)
      threads.emplace_back([&, rank] {
        const auto ranks = std::make_shared<RankAgreement>(group.rank(rank));
        const auto own = build(1, ranks);
        TrainerMeter meter;
        for (const auto& step : halves) {
          const Drawn& drawn = step[static_cast<std::size_t>(rank)];
          ranks->own().rows = drawn.count;
          ranks->tell();
          const auto fields = drawn.count > 0 ? some(drawn.first, drawn.count) : std::vector<at::Tensor>{};
          (void)own->accumulate(fields, meter, {}, {}, {.drawn = 4, .missing = drawn.missing}, true);
          own->step(meter);
        }
        found[static_cast<std::size_t>(rank)] = own->parameters().values().clone();
      });
    TrainerMeter meter;
    for (const Drawn& drawn : wholes) {
      (void)both->accumulate(some(drawn.first, drawn.count), meter, {}, {}, {.drawn = 8, .missing = drawn.missing});
      both->step(meter);
    }
    threads.clear();
    for (const at::Tensor& values : found) QVERIFY(at::equal(values, both->parameters().values()));
  }

  /// What one rank has prepared for a cache, all have: with other records in each epoch, nothing is prepared again.
  void ranks_share_a_cache() {
    const auto edit = insert_cache(graph_, Registry::instance(), "normalise", {{"fill_first", true}});
    QVERIFY(edit);
    Document cached = with(graph_, "trainer", "prefetch", std::int64_t{0});
    QVERIFY(cached.apply(*edit));
    RunOptions options;
    options.cache_folder = folder_.filePath("cache").toStdString();
    const auto plain = run_ranks(with_replicas(graph_, 1), 2, options);
    const auto kept = run_ranks(with_replicas(cached, 1), 2, options);
    std::uint64_t shown = 0;
    for (std::size_t rank = 0; rank < kept.size(); ++rank) {
      QCOMPARE(difference_between(plain[rank], kept[rank]), QString());
      for (const StageSample& stage : kept[rank].last.stages) {
        // What is read ahead while the cache fills is of the first epoch; in the second one, which has other rows on
        // each rank, nothing is prepared.
        if (stage.node == "normalise")
          QVERIFY2(stage.total.records <= 119, qPrintable(QString::number(stage.total.records)));
        if (!stage.cache) continue;
        shown += stage.total.records;
        QCOMPARE(stage.cache->records, std::uint64_t{316});  // of both ranks, of training and validation
        QVERIFY(stage.cache->ram_bytes >= 316U * 28U * 28U * sizeof(float));
        QVERIFY(stage.cache->ram_bytes < 2U * 316U * 28U * 28U * sizeof(float));
      }
    }
    QCOMPARE(shown, std::uint64_t{2 * 237});  // in two epochs, by both
  }

  void a_lost_rank_ends_the_others() {
    ThreadRanks group(2);
    RunOptions options;
    options.group = group.rank(0);
    RecordedRun run(with(with_replicas(graph_, 1), "trainer", "epochs", std::int64_t{0}), options);
    std::jthread other([&] { group.rank(1)->leave("its disk is full"); });
    const RunResult& result = run.result();
    QVERIFY(result.end == RunResult::End::Failed);
    QVERIFY2(result.failure->line().find("its disk is full") != std::string::npos, result.failure->line().c_str());
  }

  /// While rank 0 is paused, the other one waits for its word: that is no slow exchange, and makes no step longer.
  void a_pause_counts_for_no_rank() {
    constexpr std::chrono::milliseconds kPause{200};
    ThreadRanks group(2);
    RunOptions first;
    first.group = group.rank(0);
    RunOptions second;
    second.group = group.rank(1);
    RecordedRun one(with_replicas(graph_, 1), first, [](Run& run, const Fact& fact) {
      const auto* done = std::get_if<EpochDone>(&fact);
      if (done != nullptr && done->result.epoch == 1) run.pause();
    });
    RecordedRun two(with_replicas(graph_, 1), second);
    QVERIFY(one.wait_for<EpochDone>());
    QTRY_VERIFY(one.run().paused());
    std::this_thread::sleep_for(kPause);
    one.run().resume();
    QCOMPARE(why_failed(one.result()) + why_failed(two.result()), QString());
    for (const RunResult* result : {&one.result(), &two.result()}) {
      const double counted = seconds(result->last.trainer.times.total());
      QVERIFY2(counted < result->last.elapsed() - seconds(std::chrono::nanoseconds(kPause).count()) / 2,
               qPrintable(QString("%1 s of %2 s").arg(counted).arg(result->last.elapsed())));
    }
    // As rank 0 shows it.
    const StepTimes& shown = one.result().last.ranks.at(1).times;
    QVERIFY(shown[Phase::Reduce] >= 0 && shown.total() <= two.result().last.trainer.times.total());

    // In the timeline rank 0 has a lane of the other one, and that one has none.
    const auto lane_of = [](RecordedRun& run, const std::string& name) {
      for (Trace::Lane& lane : run.run().trace()->read().lanes)
        if (lane.name == name) return std::optional(std::move(lane));
      return std::optional<Trace::Lane>();
    };
    const auto drawn = lane_of(one, "rank 1");
    QVERIFY(drawn && !drawn->slices.empty() && !lane_of(one, "rank 0") && !lane_of(two, "rank 0"));
    StepTimes sum;
    const std::vector<std::string> labels = one.run().trace()->read().labels;
    Nanos end = 0;
    for (const TraceSlice& slice : drawn->slices) {
      QVERIFY(slice.kind == TraceKind::Phase && slice.start >= end && slice.duration > 0);
      end = slice.start + slice.duration;
      for (const PhaseInfo& info : kStepPhases)
        if (info.slice == labels[slice.label]) sum[info.phase] += slice.duration;
    }
    QVERIFY(end <= one.result().last.at);
    QVERIFY(sum[Phase::Forward] > 0 && sum[Phase::Forward] <= shown[Phase::Forward]);
    QVERIFY(sum[Phase::Backward] > 0 && sum[Phase::Backward] <= shown[Phase::Backward]);
  }

  /// They would wait for each other for ever, once one has no batch any more.
  void ranks_of_other_data_are_told() {
    const QTemporaryDir other;
    ThreadRanks group(2);
    RunOptions first;
    first.group = group.rank(0);
    RunOptions second;
    second.group = group.rank(1);
    RecordedRun one(with_replicas(graph_, 1), first);
    RecordedRun two(with_replicas(small_network(other.path(), 200), 1), second);
    for (const RunResult* result : {&one.result(), &two.result()}) {
      QVERIFY(result->end == RunResult::End::Failed);
      QVERIFY2(result->failure->line().find("rank 1 on host here has other data") != std::string::npos,
               result->failure->line().c_str());
    }
  }

  void a_batch_too_small_is_refused() {
    const auto results = run_ranks(with(with_replicas(graph_, 1), "batch", "size", std::int64_t{1}), 2, {});
    for (const RunResult& result : results) QVERIFY(result.failure && result.failure->parameter == "size");
  }

  void tensors_travel_whole() {
    const NamedTensors sent{{"a", TensorValue::of(std::vector<double>{1, 2, 3})},
                            {"b c", TensorValue::of(std::vector<float>{})}};
    const std::string bytes = packed(sent);
    const auto same = unpacked(bytes);
    QVERIFY(same && *same == sent);
    QVERIFY(unpacked(packed({})) && unpacked(packed({}))->empty());
    for (std::size_t size = 0; size < bytes.size(); ++size) QVERIFY(!unpacked(std::string_view(bytes).substr(0, size)));
  }

  void plots_of_parts_are_one() {
    ResidualTally whole;
    ResidualTally halves[2];
    for (int i = 0; i < 1000; ++i) {
      const double truth = std::sin(i) * (i < 500 ? 1 : 40);
      const double predicted = truth + std::cos(3.0 * i);
      whole.add(truth, predicted);
      halves[i < 500 ? 0 : 1].add(truth, predicted);
    }
    const ResidualPlot wanted = whole.take();
    const ResidualPlot found = joined_plot(halves[0].take(), halves[1].take());
    QCOMPARE(found.count, wanted.count);
    QCOMPARE(found.width, wanted.width);
    QCOMPARE(found.first, wanted.first);
    QVERIFY(found.counts == wanted.counts);
    QVERIFY(found.residuals.counts == wanted.residuals.counts);
    QVERIFY(std::abs(found.mean - wanted.mean) < 1e-12 && std::abs(found.deviation - wanted.deviation) < 1e-12);
  }
};

FEEDLINE_TEST(TestRankTraining)

}  // namespace test_rank_training

#include "test_rank_training.moc"
