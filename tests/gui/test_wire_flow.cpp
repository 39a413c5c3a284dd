// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/live_state.h"
#include "gui/canvas/wire_flow.h"
#include "support/test_program.h"

#include <QTest>

namespace feedline::gui::test_wire_flow {

namespace {

StageSample stage(const char* node, std::size_t segment, double fill, std::uint64_t records) {
  StageSample sample;
  sample.node = node;
  sample.segment = segment;
  sample.workers = 2;
  sample.queue.fill = fill;
  sample.queue.waiting = static_cast<std::size_t>(fill * 10);
  sample.queue.capacity = 10;
  sample.total.records = records;
  sample.total.busy = from_seconds(1e-3 * static_cast<double>(records));
  sample.total.cpu = sample.total.busy / 2;
  return sample;
}

/// A source (segment 0), decode, resize and batch (segment 1); 1000 records per second.
Snapshot run_at(double t, double source_fill, double batch_fill) {
  Snapshot s;
  s.at = 1 + from_seconds(t);
  s.started = 1;
  const auto records = static_cast<std::uint64_t>(t * 1000);
  s.stages = {stage("source", 0, source_fill, records), stage("decode", 1, batch_fill, records),
              stage("block/resize", 1, batch_fill, records), stage("batch", 1, batch_fill, records)};
  s.trainer.samples = records;
  return s;
}

}  // namespace

class TestWireFlow : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void queues_stand_between_segments();
  void width_follows_the_rate();
  void model_wires_flow_with_the_steps();
  void nothing_moves_while_nothing_comes();
  void moods_name_what_workers_do();
  void costs_are_told();
};

void TestWireFlow::queues_stand_between_segments() {
  const Snapshot earlier = run_at(1, 0, 0);
  const Snapshot now = run_at(2, 0.97, 0.42);
  const FlowMaker flows(earlier, now);
  QCOMPARE(flows.flow("source", "decode").fill, 100);
  QCOMPARE(flows.flow("source", "decode").word, QString("full"));
  QCOMPARE(flows.flow("decode", "block").fill, -1);  // within a segment nothing waits
  QCOMPARE(flows.flow("decode", "block").word, QString());
  QCOMPARE(flows.flow("block", "batch").fill, -1);
  QCOMPARE(flows.flow("batch", "conv").fill, 40);
  QCOMPARE(flows.flow("batch", "conv").word, QString("40 %"));
  QVERIFY(flows.flow("batch", "conv").tip.contains("40 % full: 4 of 10 wait"));
  Snapshot on_demand = now;
  on_demand.stages.back().queue.capacity = 0;
  QVERIFY(FlowMaker(earlier, on_demand).flow("batch", "conv").tip.contains("prefetch 0: nothing is prepared ahead"));
}

void TestWireFlow::width_follows_the_rate() {
  const Snapshot earlier = run_at(1, 0, 0);
  Snapshot now = run_at(2, 0, 0);
  now.stages[1].total.records = earlier.stages[1].total.records + 10;
  const FlowMaker flows(earlier, now);
  QVERIFY(flows.flow("source", "decode").share > flows.flow("decode", "block").share);
  QCOMPARE(flows.flow("source", "decode").share, 0.625);  // three of five decades, in eighths
}

void TestWireFlow::model_wires_flow_with_the_steps() {
  const Snapshot earlier = run_at(1, 0, 0);
  const Snapshot now = run_at(2, 0, 0);
  const FlowMaker flows(earlier, now);
  QVERIFY(flows.flow("conv", "relu").moves);
  QCOMPARE(flows.flow("conv", "relu").fill, -1);
}

void TestWireFlow::nothing_moves_while_nothing_comes() {
  const Snapshot earlier = run_at(2, 0, 0);
  Snapshot now = run_at(2, 0, 0);
  now.at += from_seconds(1);
  const FlowMaker flows(earlier, now);
  for (const char* from : {"source", "decode", "batch", "conv"}) {
    QVERIFY(!flows.flow(from, "x").moves);
    QCOMPARE(flows.flow(from, "x").share, 0.0);
  }
}

void TestWireFlow::moods_name_what_workers_do() {
  const Snapshot earlier = run_at(1, 0, 0);
  Snapshot now = run_at(2, 0, 0);
  now.stages[0].total.blocked = from_seconds(1.5);
  now.stages[1].total.starved = from_seconds(1.5);
  const auto states = live_states(earlier, now, "trainer");
  QVERIFY(states.at("source").mood == LiveState::Mood::Blocked);
  QVERIFY(states.at("decode").mood == LiveState::Mood::Starved);
  QVERIFY(states.at("batch").mood == LiveState::Mood::Busy);
}

void TestWireFlow::costs_are_told() {
  const Snapshot earlier = run_at(1, 0, 0);
  const Snapshot now = run_at(2, 0, 0);
  const auto states = live_states(earlier, now, "trainer");
  QCOMPARE(states.at("decode").cost, QString("1.0 ms · 50 % CPU"));
  QCOMPARE(states.at("decode").per_second, 1000.0);
}

FEEDLINE_WINDOW_TEST(TestWireFlow)

}  // namespace feedline::gui::test_wire_flow

#include "test_wire_flow.moc"
