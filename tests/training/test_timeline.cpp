// SPDX-License-Identifier: GPL-3.0-or-later

// What a run writes into its timeline.

#include "graph/edit.h"
#include "support/run_recorder.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>

namespace test_timeline {

using namespace feedline;
using namespace feedline::test;

class TestTimeline : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void holds_workers_queues_and_steps_data();
  void holds_workers_queues_and_steps();
  void agrees_with_the_meters();
  void locates_records();
  void is_empty_without_meters();
  void begins_with_what_nodes_learn();

 private:
  QTemporaryDir folder_;
  Document document_ = small_network(folder_.path());
};

void TestTimeline::holds_workers_queues_and_steps_data() {
  QTest::addColumn<bool>("staged");
  QTest::addColumn<QStringList>("lanes");
  QTest::newRow("fused") << false << QStringList{"trainer", "batches ready", "prepare 1", "validation prepare 1"};
  QTest::newRow("staged") << true << QStringList{"trainer",           "queue behind normalise",
                                                 "batches ready",     "source 1",
                                                 "normalise 1",       "batch 1",
                                                 "validation batch 1"};
}

void TestTimeline::holds_workers_queues_and_steps() {
  QFETCH(bool, staged);
  QFETCH(QStringList, lanes);
  RecordedRun run(document_, {.workers = 2, .staged = staged});
  QVERIFY(run.result().end == RunResult::End::Completed);
  const Trace::View view = run.run().trace()->read();
  QStringList found;
  for (const Trace::Lane& lane : view.lanes) {
    found << QString::fromStdString(lane.name);
    const bool queue = lane.name.find("queue") != std::string::npos || lane.name.find("ready") != std::string::npos;
    Nanos end = 0;
    for (const TraceSlice& slice : lane.slices) {
      QCOMPARE(slice.kind == TraceKind::Level, queue);
      QVERIFY(queue || slice.label < view.labels.size());
      // One thread does one thing at a time.
      QVERIFY2(slice.start >= end && slice.duration >= 0, lane.name.c_str());
      end = slice.start + slice.duration;
    }
  }
  for (const QString& lane : lanes) QVERIFY2(found.contains(lane), qPrintable(lane + " of " + found.join(", ")));
}

void TestTimeline::agrees_with_the_meters() {
  RecordedRun run(document_, {.epochs = 2, .workers = 1});
  const RunResult& result = run.result();
  const Trace::View view = run.run().trace()->read();
  std::map<std::string, Nanos> busy;
  std::map<std::string, std::uint64_t> records;
  for (const Trace::Lane& lane : view.lanes) {
    QCOMPARE(lane.lost, 0U);
    if (lane.name.starts_with("validation")) continue;
    for (const TraceSlice& slice : lane.slices) {
      if (slice.kind != TraceKind::Work && slice.kind != TraceKind::Phase) continue;
      busy[view.labels[slice.label]] += slice.duration;
      records[view.labels[slice.label]] += slice.records;
    }
  }
  QVERIFY(!result.last.stages.empty());
  for (const StageSample& stage : result.last.stages) {
    QCOMPARE(records[stage.node], stage.total.records);
    QCOMPARE(busy[stage.node], stage.total.busy);
  }
  QCOMPARE(busy["forward"], result.last.trainer.times[Phase::Forward]);
  QCOMPARE(busy["backward"], result.last.trainer.times[Phase::Backward]);
}

void TestTimeline::locates_records() {
  RecordedRun run(document_);
  (void)run.result();
  QVERIFY(run.run().locate("prepare 1", 0).find("images") != std::string::npos);
  QVERIFY(run.run().locate("prepare 1", 1'000'000).empty());
}

void TestTimeline::is_empty_without_meters() {
  RecordedRun run(document_, {.meters = false});
  (void)run.result();
  QVERIFY(run.run().trace()->read().lanes.empty());
}

/// On the run's thread, in a lane of its own, and on the workers, in those that they have afterwards.
void TestTimeline::begins_with_what_nodes_learn() {
  QTemporaryDir files;
  Document document = small_network(files.path());
  QVERIFY(document.apply({SetParam{"normalise", "statistics", std::string("fitted")}}));
  const RunOptions options{.workers = 1, .cache_folder = files.filePath("cache").toStdString()};
  RecordedRun first(document, options);
  const RunResult& result = first.result();
  QCOMPARE(result.last.fit_passes.size(), std::size_t{1});
  const Trace::View view = first.run().trace()->read();
  QVERIFY(view.lanes.size() > 2 && view.lanes[0].name == "trainer" && view.lanes[1].name == "fit");
  std::uint64_t merged = 0;
  for (const TraceSlice& slice : view.lanes[1].slices) {
    QCOMPARE(view.labels[slice.label], std::string("normalise"));
    QVERIFY(slice.kind == TraceKind::Starved || slice.kind == TraceKind::Work);
    QVERIFY(slice.start + slice.duration <= result.last.started);
    merged += slice.records;
  }
  QCOMPARE(merged, result.last.fit_passes.front().records);
  std::uint64_t early = 0;
  for (const Trace::Lane& lane : view.lanes)
    for (const TraceSlice& slice : lane.slices)
      if (lane.name == "prepare 1" && slice.start < result.last.started && view.labels[slice.label] == "normalise")
        early += slice.records;
  QCOMPARE(early, merged);
  RecordedRun second(document, options);
  QVERIFY(second.result().last.fit_passes.empty());
  for (const Trace::Lane& lane : second.run().trace()->read().lanes) QVERIFY(lane.name != "fit");
}

FEEDLINE_TEST(TestTimeline)

}  // namespace test_timeline

#include "test_timeline.moc"
