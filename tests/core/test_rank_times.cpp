// SPDX-License-Identifier: GPL-3.0-or-later

// Ranks: who holds the others up, what the exchange costs, what more of them would bring. Expected values are worked
// out by hand from the formulas in the headers.

#include "cli/live_table.h"
#include "diagnosis/fix.h"
#include "diagnosis/scaling.h"
#include "diagnosis/whatif.h"
#include "support/test_program.h"
#include "telemetry/rank_times.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <map>

namespace test_rank_times {

using namespace feedline;

namespace {

constexpr double kStep = 0.1;  // seconds, of every rank
constexpr std::uint64_t kSteps = 100;

bool near(double a, double b, double part = 1e-6) { return std::abs(a - b) <= part * std::abs(b); }

/// After so many steps of 0.1 s, of which the rank waited for a batch and computed; the rest it waited for the others.
RankSample rank(int number, double wait, double compute, std::uint64_t steps = kSteps) {
  const auto all = static_cast<double>(steps);
  RankSample sample{.rank = number, .host = "node", .process = 100 + number, .steps = steps, .samples = 16 * steps};
  sample.times[Phase::Wait] = from_seconds(all * wait);
  sample.times[Phase::Forward] = from_seconds(all * compute / 4);
  sample.times[Phase::Backward] = from_seconds(all * compute * 3 / 4);
  sample.times[Phase::Reduce] = from_seconds(all * (kStep - wait - compute));
  sample.loader_s = all * 0.01;
  return sample;
}

/// What rank 0 shows of such a run: of each step it gives two buckets, of 1 MB in 6 ms and of 3 MB in 14 ms.
Snapshot snapshot(std::vector<RankSample> ranks) {
  Snapshot now;
  now.started = from_seconds(1);
  now.trainer.steps = ranks.front().steps;
  now.trainer.times = ranks.front().times;
  now.trainer.stepped = ranks.front().times.total();
  now.at = now.started + now.trainer.stepped;
  for (const RankSample& one : ranks) now.trainer.samples += one.samples;
  for (std::uint64_t i = 0; i < now.trainer.steps; ++i) {
    now.collective.add(1'000'000, from_seconds(6e-3), 0);
    now.collective.add(3'000'000, from_seconds(14e-3), 0);
  }
  now.process.cpu = from_seconds(1);
  now.ranks = std::move(ranks);
  return now;
}

Snapshot start_of(const Snapshot& now) {
  Snapshot start;
  start.at = start.started = now.started;
  for (const RankSample& one : now.ranks) {
    RankSample& first = start.ranks.emplace_back();
    first.rank = one.rank;
    first.process = one.process;
  }
  return start;
}

RunFacts facts(std::size_t cores = 8) {
  RunFacts facts;
  facts.cores = cores;
  facts.execution.device = "cuda:0";
  facts.execution.workers = 2;
  facts.trainer_node = "trainer";
  facts.batch_node = "batch";
  facts.records = 10'000;
  return facts;
}

Diagnosis judged(const std::vector<RankSample>& ranks) {
  const Snapshot now = snapshot(ranks);
  return diagnose(facts(), start_of(now), now);
}

/// What the rules offer for a trainer with these parameters, by id, whatever its gain.
std::map<std::string, Fix> fixes_of(const Diagnosis& found, Document& document, const ParamMap& params = {}) {
  if (!document.apply({AddNode{{.id = "trainer", .type = "trainer", .params = params}}})) return {};
  const RunFacts of_run = facts();
  const FixContext context{.document = document, .facts = of_run, .diagnosis = found};
  std::map<std::string, Fix> all;
  for (const FixRule rule : FixRules::instance().all())
    for (Fix& fix : rule(context)) all.emplace(fix.id, fix);
  return all;
}

/// One rank a machine, 64 rows a step: 10 ms whatever they are, 0.5 ms a row.
ScalingModel simple() {
  ScalingModel model;
  model.batch = model.rows = 64;
  model.once = 0.010;
  model.kernels = 0.032;
  model.on_cpu = false;
  model.bytes = 1e7;
  model.tail = 1;
  model.network = {.latency = 1e-3, .bytes_per_s = 1e9, .cpu_message = 0};
  return model;
}

}  // namespace

class TestRankTimes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void times_are_of_a_step_and_without_validation() {
    Snapshot now = snapshot({rank(0, 0.01, 0.05), rank(1, 0.02, 0.07)});
    now.ranks[1].validation[Phase::Forward] = from_seconds(2);
    now.ranks[1].times[Phase::Forward] += from_seconds(2);
    now.ranks[1].heard = now.at - from_seconds(3);
    const auto rows = rank_times(start_of(now), now);
    QCOMPARE(rows.size(), std::size_t{2});
    QCOMPARE(rows[1].steps, kSteps);
    QVERIFY(near(rows[1].own(), 0.09) && near(rows[1].step[Phase::Reduce], 0.01));
    QVERIFY(near(rows[1].samples_per_s, 160) && near(rows[1].loader_cpu, 0.01) && near(rows[1].silent, 3));
    QVERIFY(near(exchange_wait(rows), 0.01));
    QVERIFY(rank_times({}, Snapshot{}).empty());
    // Another process in a rank's place has counted from zero.
    Snapshot again = now;
    again.ranks[1] = rank(1, 0.02, 0.07, 3);
    again.ranks[1].process = 7;
    QCOMPARE(rank_times(now, again)[1].steps, std::uint64_t{3});
  }

  void straggler_is_named_with_its_part_data() {
    QTest::addColumn<double>("wait");
    QTest::addColumn<double>("compute");
    QTest::addColumn<double>("round_trip");
    QTest::addColumn<QString>("part");
    QTest::addColumn<double>("share");
    QTest::newRow("loader") << 0.045 << 0.05 << 0.0 << "loader" << 0.35;
    QTest::newRow("step") << 0.01 << 0.08 << 0.0 << "step" << 0.30;
    QTest::newRow("network") << 0.01 << 0.05 << 0.02 << "network" << 0.40;
    QTest::newRow("nobody") << 0.01 << 0.055 << 0.0 << "" << 0.0;
  }
  void straggler_is_named_with_its_part() {
    QFETCH(double, wait);
    QFETCH(double, compute);
    QFETCH(double, round_trip);
    QFETCH(QString, part);
    QFETCH(double, share);
    std::vector<RankSample> ranks;
    for (int i = 0; i < 4; ++i) ranks.push_back(i == 2 ? rank(2, wait, compute) : rank(i, 0.01, 0.05));
    for (RankSample& one : ranks) one.slowest_stage = one.rank == 2 ? "decode" : "normalise";
    if (round_trip > 0)
      for (RankSample& one : ranks) one.round_trip = from_seconds(one.rank == 2 ? round_trip : 1e-3);
    const Snapshot now = snapshot(ranks);
    const auto found = find_straggler(rank_times(start_of(now), now));
    QCOMPARE(found.has_value(), !part.isEmpty());
    if (!found) return;
    QCOMPARE(found->rank, 2);
    QCOMPARE(QString::fromUtf8(name(found->part).data()), part);
    QVERIFY2(near(found->share, share), QByteArray::number(found->share));
    QCOMPARE(found->stage, std::string(part == "loader" ? "decode" : ""));
  }
  void one_rank_alone_has_nobody_to_wait_for() {
    const Snapshot now = snapshot({rank(0, 0.01, 0.05), rank(1, 0, 0, 0)});
    QVERIFY(!find_straggler(rank_times(start_of(now), now)));
  }

  void verdict_names_the_slow_rank() {
    std::vector<RankSample> ranks = {rank(0, 0.01, 0.05), rank(1, 0.01, 0.05), rank(2, 0.045, 0.05)};
    ranks[2].host = "far";
    ranks[2].slowest_stage = "decode";
    const Verdict verdict = judged(ranks).verdict;
    QCOMPARE(verdict.kind, VerdictKind::StragglingRank);
    QCOMPARE(verdict.node, std::string("decode"));
    QVERIFY2(QString::fromStdString(verdict.text()).contains("Rank 2 on far holds the others up"),
             verdict.text().c_str());
    QVERIFY(QString::fromStdString(verdict.text()).contains("Its loader is to blame"));
    ranks[2] = rank(2, 0.01, 0.085);
    const Verdict step = judged(ranks).verdict;
    QCOMPARE(step.node, std::string("trainer"));
    QVERIFY2(QString::fromStdString(step.text()).contains("most in backward"), step.text().c_str());
  }

  void verdict_and_fixes_of_a_slow_network() {
    const Diagnosis found = judged({rank(0, 0.01, 0.05), rank(1, 0.01, 0.05)});
    QCOMPARE(found.verdict.kind, VerdictKind::CommunicationBound);
    QVERIFY(near(found.verdict.share, 0.4));
    QVERIFY(near(found.measured(), 320));  // both ranks
    QVERIFY2(QString::fromStdString(found.verdict.text()).contains("4 MB of gradients in 2 buckets"),
             found.verdict.text().c_str());
    // Accumulated over enough batches that what is left is little: 40 ms over 16 batches.
    Document document;
    const std::map<std::string, Fix> offered = fixes_of(found, document);
    QVERIFY(offered.contains("accumulate") && offered.contains("bfloat16-gradients"));
    QVERIFY(document.apply(offered.at("accumulate").edit));
    QVERIFY(document.find("trainer")->params.at("accumulate") == Value(std::int64_t{16}));
    QVERIFY(near(offered.at("accumulate").predicted_ratio, 0.09 / (0.09 - 0.04 * 15 / 16)));
    // Of the 40 ms, 16 ms are bytes.
    QVERIFY(document.apply(offered.at("bfloat16-gradients").edit));
    QVERIFY(document.find("trainer")->params.at("gradients") == Value(std::string("bfloat16")));
    QVERIFY2(near(offered.at("bfloat16-gradients").predicted_ratio, 0.09 / (0.09 - 0.008), 1e-3),
             QByteArray::number(offered.at("bfloat16-gradients").predicted_ratio));
    QVERIFY(near(offered.at("batch-size").predicted_ratio, 0.09 / (0.05 + 0.04 / 2)));
    QVERIFY(!offered.contains("bucket-size"));  // two are as few as there can be, and more of them wait longer
    Document already;
    QVERIFY(!fixes_of(found, already, {{"gradients", std::string("bfloat16")}}).contains("bfloat16-gradients"));
    // Little waiting: the verdict is the step's, and nothing is offered for the exchange.
    const Diagnosis quick = judged({rank(0, 0.001, 0.098), rank(1, 0.001, 0.098)});
    QCOMPARE(quick.verdict.kind, VerdictKind::StepBound);
    Document other;
    const std::map<std::string, Fix> few = fixes_of(quick, other);
    QVERIFY(!few.contains("accumulate") && !few.contains("bfloat16-gradients") && !few.contains("bucket-size"));
  }

  /// Ten buckets a step, 2 ms each and 2 ns a byte: 50 ms, of which backward hides 10.
  void larger_buckets_where_the_latency_is_long() {
    Snapshot now = snapshot({rank(0, 0.01, 0.05), rank(1, 0.01, 0.05)});
    now.collective = {};
    for (std::uint64_t i = 0; i < 5 * kSteps; ++i) {
      now.collective.add(1'000'000, from_seconds(4e-3), 0);
      now.collective.add(2'000'000, from_seconds(6e-3), 0);
    }
    const Diagnosis found = diagnose(facts(), start_of(now), now);
    Document document;
    const std::map<std::string, Fix> offered = fixes_of(found, document, {{"bucket_mib", 2.0}});
    QVERIFY(offered.contains("bucket-size"));
    const Fix& fix = offered.at("bucket-size");
    QCOMPARE(fix.title, std::string("Exchange gradients in buckets of 16 MiB"));
    QVERIFY(document.apply(fix.edit));
    QVERIFY(document.find("trainer")->params.at("bucket_mib") == Value(16.0));
    // Instead of 8 buckets (as divided by size) 2, so of the ten a quarter: 5 ms and 30 ms. Of backward, 37.5 ms, 10 of
    // 33.75 ms hid something, and now of 22.5 ms as large a share.
    const double waits = 0.035 - 0.0225 * 0.010 / 0.03375;
    QVERIFY2(near(fix.predicted_ratio, 0.09 / (0.09 - (0.04 - waits)), 1e-3), QByteArray::number(fix.predicted_ratio));
    QVERIFY(!fix.changes_results);
    QCOMPARE(bucket_count(15e6, 2.0 * (1 << 20)), 8.0);
  }

  /// What the others wait for a slow rank is no price of a step, but grows with its rows.
  void a_larger_batch_does_not_pay_for_a_slow_rank() {
    const Diagnosis found = judged({rank(0, 0.01, 0.05), rank(1, 0.01, 0.085)});
    CostModel model = found.model;
    model.set_batch(2 * model.costs.batch);
    QVERIFY(near(model.costs.step_alone / found.model.costs.step_alone, 1 - 0.005 / 0.09 / 2));
  }

  void network_is_fitted_to_buckets() {
    const Snapshot now = snapshot({rank(0, 0.01, 0.05), rank(1, 0.01, 0.05)});
    // Of two ranks: 2 ms + 4 ns a byte a bucket, two latencies and one times the bytes.
    const Network network = Network::fitted(now.collective, 0, 2);
    QVERIFY(network.measured);
    QVERIFY2(near(network.latency, 1e-3, 1e-4), QByteArray::number(network.latency));
    QVERIFY2(near(network.bytes_per_s, 250e6, 1e-4), QByteArray::number(network.bytes_per_s));
    QVERIFY(near(network.exchange(4e6, 2, 2), 0.020, 1e-4));
    QVERIFY(near(network.exchange(4e6, 2, 4), 0.012 + 0.024, 1e-4));
    QCOMPARE(network.exchange(4e6, 2, 1), 0.0);
    // Buckets of one size say nothing of the latency.
    CollectiveSample alike;
    for (int i = 0; i < 10; ++i) alike.add(1'000'000, from_seconds(5e-3), 0);
    QCOMPARE(Network::fitted(alike, 0, 2).latency, 0.0);
    QVERIFY(near(Network::fitted(alike, 0, 2).bytes_per_s, 200e6));
    QVERIFY(!Network::fitted({}, 0, 2).measured);
  }

  void scaling_follows_the_closed_form() {
    ScalingModel model = simple();
    QVERIFY(near(model.at(1).samples_per_s, 64 / 0.042));
    // Four ranks: 16 rows each, six latencies and 1.5 times the bytes.
    const ScalingPoint four = model.at(4);
    QVERIFY(near(four.samples_per_s, 64 / (0.010 + 0.008 + 0.006 + 0.015)));
    QVERIFY(near(four.exchange_share, 0.021 / 0.039));
    QCOMPARE(four.limit, LimitKind::Exchange);
    QVERIFY(near(four.efficiency, four.samples_per_s / (4 * model.at(1).samples_per_s)));
    model.batch_grows = true;
    QVERIFY(near(model.at(4).samples_per_s, 4 * 64 / (0.042 + 0.021)));
    model.loader = 500;
    QVERIFY(near(model.at(4).samples_per_s, 2000));
    QCOMPARE(model.at(4).limit, LimitKind::Workers);
  }
  void more_ranks_stop_paying() {
    ScalingModel model = simple();
    model.network = {
        .latency = 0, .bytes_per_s = std::numeric_limits<double>::infinity(), .cpu_message = 0, .cpu_byte = 0};
    model.loopback = model.network;
    // Amdahl: 64 / (10 + 32 / n) ms; the second rank brings 0.62 of the first, the third 0.42.
    QCOMPARE(model.pays_until(), std::size_t{2});
    model.once = 0;
    QCOMPARE(model.pays_until(), std::size_t{64});  // a row each
    QVERIFY(near(model.at(128).samples_per_s, model.at(64).samples_per_s));
    // Cores that are shared bring nothing.
    model.on_cpu = model.fills_cores = true;
    model.threads = model.cores = 2;
    model.per_machine = 1024;
    QCOMPARE(model.pays_until(), std::size_t{1});
    // But another machine does, though the second rank of each brings nothing.
    model.per_machine = 2;
    QVERIFY(near(model.at(2).samples_per_s, model.at(1).samples_per_s));
    QCOMPARE(model.pays_until(), std::size_t{64});
    model.per_machine = 1024;
    const auto curve = model.curve();
    QCOMPARE(curve.size(), std::size_t{11});
    QCOMPARE(curve.back().ranks, std::size_t{1024});
  }
  void what_was_measured_comes_out_again() {
    std::vector<RankSample> ranks = {rank(0, 0.01, 0.05), rank(1, 0.01, 0.05)};
    ranks[1].host = "far";
    const Diagnosis found = judged(ranks);
    const ScalingModel model = scaling_with(facts(), found, {});
    QVERIFY(near(model.at(2).samples_per_s, found.measured()));
    QVERIFY(model.at(1).samples_per_s < found.measured() && model.network.measured);
    // On a network without limits nobody waits: 50 ms of 90 ms that are not waiting for a batch.
    const WhatIfAnswer answer = what_if(facts(), found, {.network_bytes_per_s = 1e15, .network_latency = 0});
    QVERIFY(answer.ranks && answer.ranks->ranks == 2);
    QVERIFY2(near(answer.rate(), 320 * 0.09 / 0.05, 1e-3), QByteArray::number(answer.rate()));
    // Twice the batch: its rows take twice as long, the exchange as long as before.
    const WhatIfAnswer larger = what_if(facts(), found, {.batch = 64, .ranks = 2});
    QVERIFY2(near(larger.rate(), 320 * 2 * 0.09 / 0.14, 1e-3), QByteArray::number(larger.rate()));
  }

  void terminal_shows_the_slow_rank() {
    std::vector<RankSample> ranks;
    for (int i = 0; i < 20; ++i) ranks.push_back(i == 13 ? rank(13, 0.06, 0.035) : rank(i, 0.01, 0.05));
    const Snapshot now = snapshot(ranks);
    const auto all = cli::rank_table(start_of(now), now, {.width = 100, .height = 60, .unicode = false});
    QCOMPARE(all.size(), std::size_t{21});
    QVERIFY2(all[14].text.find("<- loader") != std::string::npos, all[14].text.c_str());
    QVERIFY(all[13].text.find("<-") == std::string::npos);
    // Where there is little room, the slow one stays.
    const auto few = cli::rank_table(start_of(now), now, {.width = 60, .height = 6, .unicode = false});
    QVERIFY(few.size() <= 6 && few.size() > 2);
    bool shown = false;
    for (const cli::LiveLine& line : few) {
      shown = shown || line.text.find("<- loader") != std::string::npos;
      QVERIFY2(line.columns <= 60 && line.text.size() == line.columns, line.text.c_str());
    }
    QVERIFY(shown);
    QVERIFY(cli::rank_table({}, Snapshot{}, {}).empty());
  }
};

FEEDLINE_TEST(TestRankTimes)

}  // namespace test_rank_times

#include "test_rank_times.moc"
