// SPDX-License-Identifier: GPL-3.0-or-later
// A pipeline that begins where another one ended: the same bytes, and the same records left out, as without a break.
#include "engine/pipeline_past.h"
#include "support/fake_data.h"
#include "support/going_on.h"
#include "support/test_program.h"

#include <QtTest>

#include <algorithm>
#include <memory>

namespace test_pipeline_resume {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::uint32_t kEpochs = 3;
constexpr std::uint64_t kRecords = 300;
constexpr std::int64_t kBatch = 16;

/// Where a cache stands.
enum class Keep { Nothing, BelowFixed, BelowRandom };

/// Some records cannot be read, some are refused in one epoch and not in another, so that it matters what was left out
/// before.
std::shared_ptr<const Plan> fickle_plan(Keep keep) {
  PlanBuilder builder(kRecords, 40, kBatch);
  builder.source()->before = [](std::uint64_t record) -> Status {
    if (record % 23 == 5) return fail_record("cannot be read");
    return {};
  };
  SlotIndex scaled = 2;
  SlotIndex noisy = 3;
  builder.step("scale", to_float(), {PlanBuilder::kPixels}, {2});
  if (keep == Keep::BelowFixed) builder.cache("cache", 2, scaled = 5);
  builder.step("noise", add_noise(), {scaled}, {3});
  if (keep == Keep::BelowRandom) builder.cache("cache", 3, noisy = 5);
  builder
      .step("fickle", op([](auto in, auto out, OpContext& context) -> Status {
              if (context.rng.chance(0.04)) return fail_record("is disliked today");
              out[0]->view(*in[0]);
              return {};
            }),
            {noisy}, {6})
      .field("image", 6, DType::F32, {40})
      .field("label", PlanBuilder::kLabel, DType::I64, {})
      .shuffle();
  return builder.build();
}

/// What is kept of a random node depends, at the border of two epochs, on what was read ahead: there nothing is.
PipelineOptions way(std::size_t workers, bool staged, Keep keep = Keep::Nothing) {
  const std::size_t prefetch = keep == Keep::BelowRandom ? 0 : 4;
  return {.workers = workers, .prefetch = prefetch, .epochs = kEpochs, .max_bad_fraction = 1, .staged = staged};
}

}  // namespace

class TestPipelineResume : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void goesOnToTheSameBytes_data() {
    QTest::addColumn<int>("before");
    QTest::addColumn<int>("after");
    QTest::addColumn<bool>("staged");
    QTest::addColumn<int>("keep");
    for (const Keep keep : {Keep::Nothing, Keep::BelowFixed, Keep::BelowRandom})
      for (const bool staged : {false, true})
        for (const auto& [before, after] : {std::pair(1, 1), std::pair(1, 4), std::pair(8, 2)})
          QTest::addRow("%d workers, then %d%s, cache %d", before, after, staged ? ", staged" : "",
                        static_cast<int>(keep))
              << before << after << staged << static_cast<int>(keep);
  }
  void goesOnToTheSameBytes() {
    QFETCH(int, before);
    QFETCH(int, after);
    QFETCH(bool, staged);
    QFETCH(int, keep);
    const auto kept = static_cast<Keep>(keep);
    const auto plan = fickle_plan(kept);
    Pipeline whole(plan, plan->train, way(2, false, kept));
    const Drained all = drain(whole, plan->train);
    QVERIFY(!all.error && all.batches.size() == kEpochs * plan->train.batches_per_epoch());
    const QStringList wanted = told(whole);
    QVERIFY(wanted.size() > 20);

    // Inside the first epoch, at borders of epochs, and behind the very last batch.
    for (const std::size_t used : {std::size_t{1}, std::size_t{7}, std::size_t{18}, std::size_t{19}, std::size_t{20},
                                   std::size_t{38}, std::size_t{50}, all.batches.size()}) {
      Pipeline first(plan, plan->train, way(static_cast<std::size_t>(before), staged, kept));
      std::vector<BatchCopy> batches;
      while (batches.size() < used) {
        auto batch = first.next();
        QVERIFY(batch && *batch);
        batches.push_back(copy(plan->train, **batch));
      }
      // By way of its text, as a checkpoint keeps it.
      const auto past = pipeline_past_of(to_text(first.past()));
      QVERIFY(past);
      QCOMPARE(past->batches, used);
      Pipeline second(plan, plan->train,
                      behind(batches.back(), *past, way(static_cast<std::size_t>(after), staged, kept)));
      const Drained rest = drain(second, plan->train);
      QVERIFY2(!rest.error, rest.error ? rest.error->line().c_str() : "");
      batches.insert(batches.end(), rest.batches.begin(), rest.batches.end());
      QCOMPARE(batches.size(), all.batches.size());
      for (std::size_t i = 0; i < batches.size(); ++i)
        QVERIFY2(batches[i] == all.batches[i], qPrintable(QString("batch %1 behind %2").arg(i).arg(used)));
      QCOMPARE(told(second), wanted);
    }
  }

  /// Without its past a pipeline tries again what was left out, and gives other bytes: the test above can fail.
  void withoutItsPastItDoesNot() {
    const auto plan = fickle_plan(Keep::Nothing);
    const Drained all = drain(plan, way(2, false));
    const BatchCopy& last = all.batches[18];
    QVERIFY(last.last_of_epoch);
    const Drained rest = drain(plan, behind(last, {}, way(2, false)));
    QVERIFY(!std::equal(rest.batches.begin(), rest.batches.end(), all.batches.begin() + 19));
  }

  void tooManyBadRecordsEndItAtTheSameBatch() {
    PlanBuilder builder(400, 5, 10);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record >= 60) return fail_record("cannot be read");
      return {};
    };
    builder.step("scale", to_float(), {PlanBuilder::kPixels}, {2}).field("image", 2, DType::F32, {5});
    const auto plan = builder.build();
    PipelineOptions options{.workers = 2, .epochs = 2, .max_bad_fraction = 0.5};
    const Drained all = drain(plan, options);
    QVERIFY(all.error.has_value());
    Pipeline first(plan, plan->train, options);
    for (int i = 0; i < 3; ++i) QVERIFY(first.next().has_value());
    options.first_batch = 3;
    options.past = std::make_shared<const PipelinePast>(first.past());
    const Drained rest = drain(plan, options);
    QVERIFY(rest.error.has_value());
    QCOMPARE(QString::fromStdString(rest.error->line()), QString::fromStdString(all.error->line()));
  }

  void damagedTextIsRefused() {
    QVERIFY(!pipeline_past_of("{"));
    QVERIFY(!pipeline_past_of("{}"));
    QVERIFY(!pipeline_past_of(R"({"batches":1,"tried":2,"bad":0,"error_count":0,"errors":[{}],"records":[]})"));
  }
};

FEEDLINE_TEST(TestPipelineResume)

}  // namespace test_pipeline_resume

#include "test_pipeline_resume.moc"
