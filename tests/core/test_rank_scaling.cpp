// SPDX-License-Identifier: GPL-3.0-or-later

// What another number of ranks comes to, where they share cores: cases that are worked out by hand from the form in
// diagnosis/scaling.h, and what was measured on real machines.

#include "diagnosis/whatif.h"
#include "support/test_program.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace test_rank_scaling {

using namespace feedline;

namespace {

bool near(double a, double b, double part = 1e-9) { return std::abs(a - b) <= part * std::abs(b); }

constexpr Network kFree{
    .latency = 0, .bytes_per_s = std::numeric_limits<double>::infinity(), .cpu_message = 0, .cpu_byte = 0};

/// One process on two cores with 128 rows: 10 ms of kernels, of which 2 ms whatever the rows, and half a millisecond of
/// optimiser, all on two threads. Up to four ranks share the machine. What they exchange costs nothing.
ScalingModel two_cores() {
  ScalingModel model;
  model.batch = model.rows = 128;
  model.kernels = 10e-3;
  model.fixed = 2e-3;
  model.optimizer = 0.5e-3;
  model.threads = model.cores = 2;
  model.fills_cores = true;
  model.per_machine = 4;
  model.network = model.loopback = kFree;
  return model;
}

double step_of(const ScalingModel& model, std::size_t ranks) { return model.batch / model.at(ranks).samples_per_s; }

/// What one process shows whose step has these phases, in milliseconds, beside nobody.
Profile profile_of(double rows, double forward, double backward, double optimizer, double other) {
  Profile profile;
  profile.batch = rows;
  profile.steps = 100;
  profile.samples = static_cast<std::uint64_t>(100 * rows);
  profile.step[Phase::Forward] = forward * 1e-3;
  profile.step[Phase::Backward] = backward * 1e-3;
  profile.step[Phase::Optimizer] = optimizer * 1e-3;
  profile.step[Phase::Other] = other * 1e-3;
  profile.step_alone = profile.step.total() / rows;
  profile.samples_per_s = rows / profile.step.total();
  return profile;
}

RunFacts facts_on(std::size_t cores) {
  RunFacts facts;
  facts.cores = cores;
  facts.execution.workers = cores;
  facts.execution.replicas = static_cast<int>(cores);
  facts.trainer_node = "trainer";
  return facts;
}

ScalingModel model_of(const RunFacts& facts, const Profile& profile) {
  return ScalingModel::of(facts, profile, CostModel::of(facts, profile));
}

}  // namespace

class TestRankScaling : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void ranks_have_their_part_of_the_cores() {
    const ScalingModel model = two_cores();
    QVERIFY(near(step_of(model, 1), 10.5e-3));
    // A core each: as many rows a thread as before, and the whole optimiser on one thread.
    QVERIFY(near(step_of(model, 2), 10e-3 + 1e-3));
    QVERIFY(near(model.at(2).cores, 1));
    QCOMPARE(model.at(2).limit, LimitKind::Step);
    // Half a core each: 2 + 4 + 1 ms of work, two of them behind one another, and of each of three meetings (a word,
    // and two hops of the sums) one slice of 1.5 ms.
    const ScalingPoint four = model.at(4);
    QVERIFY2(near(step_of(model, 4), 2 * 7e-3 + 3 * 1.5e-3), QByteArray::number(step_of(model, 4)));
    QVERIFY(near(four.cores, 0.5));
    QCOMPARE(four.limit, LimitKind::Cores);
    // Eight are on two machines.
    QVERIFY(near(step_of(model, 8), 2 * (2e-3 + 2e-3 + 1e-3) + 3 * 1.5e-3));
  }
  void machines_have_cores_of_their_own() {
    ScalingModel model = two_cores();
    model.per_machine = 1;
    QVERIFY(near(step_of(model, 4), 2e-3 + 2e-3 + 0.5e-3));
    QVERIFY(near(model.at(4).cores, 2));
    model.fills_cores = false;  // two threads, whatever there is: on one core they take turns
    model.per_machine = 2;
    QVERIFY(near(step_of(model, 2), 2 * (2e-3 + 4e-3 + 0.5e-3)));
    QCOMPARE(model.at(2).limit, LimitKind::Cores);
  }
  void what_does_not_shrink_with_the_rows() {
    ScalingModel model = two_cores();
    model.per_machine = 1;
    QVERIFY(step_of(model, 128) > 2.5e-3);
    model.optimizer_in_parts = true;
    QVERIFY(near(step_of(model, 4), 2e-3 + 2e-3 + 0.125e-3));
    model.weights = 4e6;
    model.network.bytes_per_s = 1e9;  // three quarters of the weights come from others
    QVERIFY(near(step_of(model, 4), 4.125e-3 + 3e-3));
    model.optimizer_in_parts = false;
    model.weights = 0;
    model.once = 1e-3;
    QVERIFY(near(step_of(model, 4), 5.5e-3));
  }
  /// 1 MB in one bucket: 0.1 ms for each of two hops and 1 ns a byte, of which a core is taken half and 1 ns a byte.
  void exchange_takes_the_cores_that_it_needs() {
    ScalingModel model = two_cores();
    model.bytes = 1e6;
    model.tail = 0.5;
    model.hidden = 0.6e-3;
    model.loopback = {.latency = 0.1e-3, .bytes_per_s = 1e9, .cpu_message = 0.05e-3, .cpu_byte = 1e-9};
    // Half of the 1.2 ms is waited for, and the half of the work that backward hides is on its core: 1.1 ms for the sum
    // and 0.05 ms for the word.
    QVERIFY(near(model.exposed(2), 0.6e-3));
    QVERIFY(near(step_of(model, 2), 11e-3 + 0.6e-3 + 0.575e-3));
    // With a core to spare nothing but the waiting is left, and a shorter backward pass hides less: 0.6 of it.
    model.fills_cores = false;
    model.threads = 1;
    model.cores = 4;
    QVERIFY(near(step_of(model, 2), 2e-3 + 4e-3 + 0.5e-3 + 0.84e-3));
  }
  /// A small network alone has two of eight cores, which is what 128 rows are worth: four ranks of 32 rows on that
  /// machine would have a thread each, not two, and so would machines of their own.
  void ranks_have_the_threads_that_their_rows_are_worth() {
    RunFacts facts = facts_on(8);
    facts.execution.replicas = 2;
    facts.worth_of_row = 2.5 / 128;
    const Profile profile = profile_of(128, 4, 6, 0.5, 0);
    ScalingModel model = model_of(facts, profile);
    model.network = model.loopback = kFree;
    model.calibration = 1;
    QVERIFY(model.fills_cores && near(model.threads, 2));
    QVERIFY(near(step_of(model, 1), 10.5e-3, 1e-6));  // what was measured comes out again
    for (const std::size_t machine : {1, 4}) {
      model.per_machine = machine;
      QVERIFY2(near(step_of(model, 4), 10e-3 / 4 * 2 + 0.5e-3 * 2, 1e-6), QByteArray::number(step_of(model, 4)));
    }
    // With four times the batch each rank is worth what one is now.
    model.batch *= 4;
    QVERIFY(near(step_of(model, 4), 10.5e-3, 1e-6));
    // A network that is worth them all has the cores that are left to each.
    facts.execution.replicas = 8;
    facts.worth_of_row = 1;
    model = model_of(facts, profile);
    model.network = model.loopback = kFree;
    model.per_machine = 4;
    QVERIFY(near(step_of(model, 4), 10e-3 / 4 * 4 + 0.5e-3 * 4, 1e-6));
    // What the settings say stays: two replicas of one thread.
    facts.execution.replicas = 2;
    facts.asked_replicas = 2;
    facts.asked_intra_op = 1;
    model = model_of(facts, profile);
    model.network = model.loopback = kFree;
    model.per_machine = 4;
    QVERIFY(near(step_of(model, 4), 10e-3 / 4 + 0.5e-3, 1e-6));
    // And so does what no rule explains: five replicas.
    facts.execution.replicas = 5;
    QVERIFY(!model_of(facts, profile).fills_cores);
  }
  void data_side_shares_the_cores() {
    ScalingModel model = two_cores();
    model.loader_cpu = 50e-6;
    // 6.4 ms of 128 rows beside 21 ms of the step, on two cores.
    QVERIFY(near(step_of(model, 1), (21e-3 + 6.4e-3) / 2));
    QVERIFY(near(step_of(model, 2), 11e-3 + 3.2e-3));
    model.loader_cpu = 0;
    model.loader = 10'000;  // two workers, of which each of two ranks has one
    model.workers = 2;
    QVERIFY(near(model.at(2).samples_per_s, 10'000));
    QCOMPARE(model.at(2).limit, LimitKind::Workers);
    model.loader = 0;
    model.disk = 4'000;  // of a machine
    QVERIFY(near(model.at(4).samples_per_s, 4'000) && near(model.at(8).samples_per_s, 8'000));
  }

  /// A rank that is bound to cores of its own has all of them; ranks that nobody binds have their part.
  void bound_ranks_do_not_share_their_cores() {
    RunFacts facts = facts_on(1);
    facts.execution.cores = 1;
    Profile profile = profile_of(64, 4, 5, 1, 0);
    profile.ranks = {{.rank = 0, .host = "here"}, {.rank = 1, .host = "here"}};
    QVERIFY(near(CostModel::of(facts, profile).cores, 1));
    QVERIFY(near(model_of(facts, profile).cores, 2));
    facts.execution.cores = 0;
    QVERIFY(near(CostModel::of(facts, profile).cores, 0.5));
    facts.cores = 2;
    QVERIFY(near(model_of(facts, profile).cores, 2));
  }

  void a_smaller_batch_tells_what_is_fixed() {
    RunFacts facts = facts_on(2);
    const Profile profile = profile_of(128, 4, 6, 0.5, 0.1);
    const ScalingModel unknown = model_of(facts, profile);
    QVERIFY(!unknown.fixed_measured && unknown.fixed == 0);
    facts.calibration = {.rows = 32, .kernels = 4e-3};  // a quarter of the rows takes 4 of 10 ms
    const ScalingModel known = model_of(facts, profile);
    QVERIFY(known.fixed_measured);
    QVERIFY2(near(known.fixed, 2e-3, 1e-6), QByteArray::number(known.fixed));
    QVERIFY(near(known.kernels, 10e-3, 1e-6) && near(known.optimizer, 0.5e-3, 1e-6) && near(known.once, 0.1e-3, 1e-6));
    QVERIFY(near(known.at(1).samples_per_s, profile.samples_per_s));  // what was measured comes out again
    facts.calibration.kernels = 12e-3;                                // noise: no step has less than its rows cost
    QVERIFY(near(model_of(facts, profile).fixed, 10e-3, 1e-6));
    facts.calibration = {.rows = 120, .kernels = 4e-3};  // hardly another size
    QVERIFY(!model_of(facts, profile).fixed_measured);
    // A step that is twice as fast is so in all of its parts.
    const Diagnosis found{.profile = profile, .model = CostModel::of(facts, profile)};
    QVERIFY(near(scaling_with(facts, found, {.step_speedup = 2}).optimizer, 0.25e-3, 1e-6));
  }

  void probe_gives_the_line_of_both_sizes() {
    const Network wire = Network::probed({.small_bytes = 1000,
                                          .small_s = 0.3e-3,
                                          .small_cpu = 0.1e-3,
                                          .large_bytes = 1'001'000,
                                          .large_s = 2.3e-3,
                                          .large_cpu = 0.6e-3});
    QVERIFY(wire.measured);
    QVERIFY(near(wire.bytes_per_s, 500e6, 1e-6) && near(wire.latency, 0.149e-3, 1e-6));
    QVERIFY(near(wire.cpu_byte, 0.5e-9, 1e-6) && near(wire.cpu_message, 49.75e-6, 1e-6));
    QVERIFY(near(wire.exchange(1'001'000, 1, 2), 2.3e-3, 1e-6) && near(wire.cpu(1'001'000, 1, 2), 0.6e-3, 1e-6));
    QVERIFY(!Network::probed({}).measured);
  }

  void curve_says_what_it_rests_on() {
    const auto said = [](const ScalingModel& model) {
      QString all;
      for (const std::string& sentence : model.assumptions()) all += QString::fromStdString(sentence) + '\n';
      return all;
    };
    ScalingModel model = two_cores();
    QVERIFY2(said(model).contains("Up to 4 ranks share a machine of 2 cores"), qPrintable(said(model)));
    QVERIFY(said(model).contains("not known and counts as nothing"));
    QVERIFY(said(model).contains("every rank steps all of the weights"));
    model.per_machine = 2;
    model.fixed_measured = model.optimizer_in_parts = true;
    QVERIFY2(said(model).contains("2 ranks share a machine of 2 cores: each has 1 core of its own."),
             qPrintable(said(model)));
    QVERIFY(said(model).contains("each rank steps its part") && said(model).contains("2 ms of forward and backward"));
    model.per_machine = 1;
    QVERIFY(said(model).contains("Each rank has a machine of 2 cores to itself."));
  }

  /// CPU milliseconds a step of one process on one core, the CNN of example:idx on Fashion-MNIST (207,242 parameters,
  /// Adam). Measured with `taskset -c 0 feedline-cli run example:idx --set trainer.replicas=1 --max-steps 80`, two
  /// cores of an AMD EPYC, 2026-11-28, the least of four runs while other programs ran, hence in CPU time.
  void measured_batches_lie_on_the_line() {
    struct Row {
      double rows;
      double cpu_ms;
    };
    constexpr std::array<Row, 4> kMeasured = {{{128, 19.19}, {64, 11.66}, {32, 6.11}, {16, 4.47}}};
    RunFacts facts = facts_on(1);
    facts.calibration = {.rows = kMeasured[2].rows, .kernels = kMeasured[2].cpu_ms * 1e-3};
    ScalingModel model = model_of(facts, profile_of(kMeasured[0].rows, 0, kMeasured[0].cpu_ms, 0, 0));
    model.network = kFree;  // of as many machines as there are parts of the batch
    for (const Row& row : kMeasured) {
      const auto ranks = static_cast<std::size_t>(kMeasured[0].rows / row.rows);
      const double predicted = 1e3 * step_of(model, ranks);
      QVERIFY2(near(predicted, row.cpu_ms, 0.15), qPrintable(QString("%1 rows: %2").arg(row.rows).arg(predicted)));
    }
    // Rows alone would be wrong by nearly a half.
    QVERIFY(kMeasured[0].cpu_ms / 8 < 0.6 * kMeasured[3].cpu_ms);
  }
  /// The same network, milliseconds of wall time a step of 128 records over 400 steps on the two cores, idle otherwise:
  /// the campaign tests/bench/ranks (--only speed) of 2026-11-28. One process: forward 3.78, backward 5.34, optimiser
  /// 0.45 on two replicas, 0.02 of other, 9.65 in all. Two processes of a core each: 3.96, 5.52 and 0.63.
  void measured_ranks_compute_as_predicted() {
    const RunFacts facts = facts_on(2);
    ScalingModel model = model_of(facts, profile_of(128, 3.78, 5.34, 0.45, 0.02));
    model.per_machine = 2;
    model.loopback = kFree;  // what a rank does by itself
    const double computes = 1e3 * step_of(model, 2);
    QVERIFY2(near(computes, 3.96 + 5.52 + 0.63, 0.1), QByteArray::number(computes));
  }
};

FEEDLINE_TEST(TestRankScaling)

}  // namespace test_rank_scaling

#include "test_rank_scaling.moc"
