// SPDX-License-Identifier: GPL-3.0-or-later
// Norms that measure the rows of all replicas: they are those of one replica that has the whole batch.
#include "networks.h"
#include "support/test_program.h"
#include "support/thread_group.h"
#include "training/ranks/rank_agreement.h"

#include <QTest>

#include <thread>

namespace test_shared_norm {

using namespace feedline;
using namespace feedline::test;

namespace {

const ParamMap kGently = {{"learning_rate", 0.1}, {"momentum", 0.0}};

ModelPlan plain_norms() {
  return network({linear(8), {"batch_norm"}, {"relu"}, linear(5), {"batch_norm"}, linear(kClasses)}, features(), "sgd",
                 kGently);
}
ModelPlan norms_of_pictures() {
  return network({{"conv2d", {{"filters", std::int64_t{4}}}},
                  {"batch_norm"},
                  {"residual_block", {{"filters", std::int64_t{6}}, {"stride", std::int64_t{2}}}},
                  {"global_average_pool"},
                  linear(kClasses)},
                 pictures(), "sgd", kGently);
}

std::unique_ptr<Replicas> made(const ModelPlan& plan, std::size_t count, bool shared,
                               std::shared_ptr<RankAgreement> ranks = {}) {
  auto built = Replicas::build(plan, model_of(plan),
                               {.count = count, .seed = 11, .ranks = std::move(ranks), .shares_norms = shared});
  return built ? std::move(*built) : nullptr;
}

struct Learnt {
  at::Tensor parameters{};
  at::Tensor statistics{};
};

Learnt learnt_by(const Replicas& replicas) {
  std::vector<at::Tensor> numbers;
  for (const at::Tensor& buffer : replicas.model().buffers())
    if (buffer.is_floating_point()) numbers.push_back(buffer);
  return {flat(replicas.model().parameters()).clone(), flat(numbers).clone()};
}

bool close(const Learnt& a, const Learnt& b) {
  return at::allclose(a.parameters, b.parameters, 1e-5, 1e-5) && at::allclose(a.statistics, b.statistics, 1e-5, 1e-5);
}

}  // namespace

class TestSharedNorm : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void replicas_measure_the_whole_batch_data() {
    QTest::addColumn<bool>("of_pictures");
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("rows");
    QTest::newRow("two") << false << 2 << 12;
    QTest::newRow("three, unevenly") << false << 3 << 7;
    QTest::newRow("one of three has none") << false << 3 << 2;
    QTest::newRow("pictures and a residual block") << true << 2 << 6;
  }
  void replicas_measure_the_whole_batch() {
    QFETCH(bool, of_pictures);
    QFETCH(int, count);
    QFETCH(int, rows);
    const ModelPlan plan = of_pictures ? norms_of_pictures() : plain_norms();
    const TensorDesc in = of_pictures ? pictures() : features();
    const auto learnt = [&](std::size_t replicas, bool shared) {
      const auto team = made(plan, replicas, shared);
      TrainerMeter meter;
      for (std::int64_t step = 0; step < 3; ++step) (void)team->train(batch(rows, in, step), meter);
      return learnt_by(*team);
    };
    const Learnt wanted = learnt(1, false);
    const Learnt found = learnt(static_cast<std::size_t>(count), true);
    QVERIFY(close(found, wanted));
    QVERIFY(!close(learnt(static_cast<std::size_t>(count), false), wanted));
    QVERIFY(at::equal(learnt(1, true).parameters, wanted.parameters));
  }

  /// Also one that has no row of a batch, and one that has lost some. Layers that draw stand where they stood.
  void ranks_have_the_bytes_of_replicas() {
    const auto plan = random_network();
    struct Drawn {
      std::int64_t first;
      std::int64_t count;
      std::vector<std::size_t> missing;
    };
    const std::vector<Drawn> halves[] = {
        {{0, 2, {0, 2}}, {2, 4, {}}}, {{0, 0, {0, 1, 2, 3}}, {2, 4, {}}}, {{0, 3, {1}}, {3, 3, {3}}}};
    const Drawn wholes[] = {{0, 6, {0, 2}}, {2, 4, {0, 1, 2, 3}}, {0, 6, {1, 7}}};
    const std::vector<at::Tensor> all = batch(6, features());
    const auto some = [&](const Drawn& drawn) {
      std::vector<at::Tensor> fields;
      for (const at::Tensor& field : all)
        if (drawn.count > 0) fields.push_back(field.narrow(0, drawn.first, drawn.count));
      return fields;
    };
    ThreadRanks group(2);
    std::vector<Learnt> found(2);
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < 2; ++rank)
      threads.emplace_back([&, rank] {
        const auto ranks = std::make_shared<RankAgreement>(group.rank(rank));
        const auto own = made(plan, 1, true, ranks);
        TrainerMeter meter;
        for (const auto& step : halves) {
          const Drawn& drawn = step[static_cast<std::size_t>(rank)];
          ranks->own().rows = drawn.count;
          ranks->tell();
          (void)own->accumulate(some(drawn), meter, {}, {}, {.drawn = 4, .missing = drawn.missing}, true);
          own->step(meter);
        }
        own->share_with_ranks();
        found[static_cast<std::size_t>(rank)] = learnt_by(*own);
      });
    const auto both = made(plan, 2, true);
    TrainerMeter meter;
    for (const Drawn& drawn : wholes) {
      (void)both->accumulate(some(drawn), meter, {}, {}, {.drawn = 8, .missing = drawn.missing});
      both->step(meter);
    }
    threads.clear();
    const Learnt wanted = learnt_by(*both);
    for (const Learnt& rank : found) {
      QVERIFY(at::equal(rank.parameters, wanted.parameters));
      QVERIFY(at::equal(rank.statistics, wanted.statistics));
    }
  }
};

FEEDLINE_TEST(TestSharedNorm)

}  // namespace test_shared_norm

#include "test_shared_norm.moc"
