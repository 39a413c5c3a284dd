// SPDX-License-Identifier: GPL-3.0-or-later

// What is measured of the gradients' way to other ranks: bytes and time of each bucket, from which the network's line
// is fitted, and a lane of the timeline.

#include "support/test_program.h"
#include "support/thread_group.h"
#include "training/flat_parameters.h"
#include "training/ranks/gradient_exchange.h"

#include <QTest>

#include <thread>

namespace test_exchange_times {

using namespace feedline;

namespace {

constexpr int kRanks = 3;
constexpr int kPasses = 2;
/// A cache line is 16 of them.
constexpr std::int64_t kFirst = 4000;
constexpr std::int64_t kSecond = 3008;

struct Heard {
  CollectiveSample sample{};
  std::vector<TraceSlice> slices{};
  std::string lane{};
  double least = 0;  ///< gradient
  double most = 0;
};

/// Two parameters, each in a bucket of its own; the gradients of rank r are r + 1.
Heard learn_as(ProcessGroup& group, bool in_bfloat16) {
  const std::vector<at::Tensor> parameters = {torch::ones({kFirst}, at::requires_grad()),
                                              torch::ones({kSecond}, at::requires_grad())};
  const FlatParameters flat(parameters);
  Trace trace;
  GradientExchange exchange(group, flat, {.bucket_bytes = 8192, .in_bfloat16 = in_bfloat16, .trace = &trace});
  exchange.watch(parameters, 0);
  for (int pass = 0; pass < kPasses; ++pass) {
    flat.gradients(0).zero_();
    exchange.begin();
    const at::Tensor loss = parameters[0].sum() + parameters[1].sum();
    (loss * (group.world().rank + 1)).backward();
    exchange.finish();
  }
  const Trace::View view = trace.read();
  return {.sample = exchange.sample(),
          .slices = view.lanes.front().slices,
          .lane = view.lanes.front().name,
          .least = flat.gradients(0).min().item<double>(),
          .most = flat.gradients(0).max().item<double>()};
}

std::vector<Heard> learn_together(bool in_bfloat16) {
  test::ThreadRanks ranks(kRanks);
  std::vector<Heard> all(kRanks);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < kRanks; ++rank)
    threads.emplace_back([&, rank] {
      const auto group = ranks.rank(rank);
      all[static_cast<std::size_t>(rank)] = learn_as(*group, in_bfloat16);
    });
  threads.clear();
  return all;
}

}  // namespace

class TestExchangeTimes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void each_bucket_is_counted_data() {
    QTest::addColumn<bool>("in_bfloat16");
    QTest::newRow("float32") << false;
    QTest::newRow("bfloat16") << true;
  }
  void each_bucket_is_counted() {
    QFETCH(bool, in_bfloat16);
    const double number = in_bfloat16 ? 2 : 4;
    const double first = kFirst * number;
    const double second = kSecond * number;
    for (const Heard& heard : learn_together(in_bfloat16)) {
      QCOMPARE(heard.least, 6.0);
      QCOMPARE(heard.most, 6.0);
      QCOMPARE(heard.sample.buckets, std::uint64_t{2 * kPasses});
      QCOMPARE(static_cast<double>(heard.sample.bytes), kPasses * (first + second));
      QCOMPARE(heard.sample.bytes_squared, kPasses * (first * first + second * second));
      QVERIFY(heard.sample.busy > 0 && heard.sample.exposed > 0);
      const double seconds_of_all = seconds(heard.sample.busy);
      QVERIFY(heard.sample.bytes_seconds >= seconds_of_all * second * (1 - 1e-9));
      QVERIFY(heard.sample.bytes_seconds <= seconds_of_all * first * (1 + 1e-9));
    }
  }

  void the_timeline_shows_each_bucket() {
    const Heard heard = learn_together(false).front();
    QCOMPARE(heard.lane, std::string("gradients"));
    QCOMPARE(heard.slices.size(), std::size_t{2 * kPasses});
    Nanos all = 0;
    for (const TraceSlice& slice : heard.slices) all += slice.duration;
    QCOMPARE(all, heard.sample.busy);
  }
};

FEEDLINE_TEST(TestExchangeTimes)

}  // namespace test_exchange_times

#include "test_exchange_times.moc"
