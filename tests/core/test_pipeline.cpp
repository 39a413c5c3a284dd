// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_data.h"
#include "support/test_program.h"

#include <QtTest>

#include <atomic>

namespace test_pipeline {

using namespace feedline;
using namespace feedline::test;

namespace {

bool third(std::uint64_t record) { return record % 3 == 1; }

}  // namespace

/// What comes out: the right bytes in the right order, for any way of running.
class TestPipeline : public QObject {
  Q_OBJECT

 private:
  static void ways() {
    QTest::addColumn<int>("workers");
    QTest::addColumn<int>("prefetch");
    QTest::addColumn<bool>("staged");
    for (const int workers : {1, 2, 3, 8, 16})
      for (const int prefetch : {1, 4})
        for (const bool staged : {false, true})
          QTest::addRow("%d workers, prefetch %d%s", workers, prefetch, staged ? ", staged" : "")
              << workers << prefetch << staged;
  }
  static PipelineOptions way(std::uint32_t epochs) {
    QFETCH(int, workers);
    QFETCH(int, prefetch);
    QFETCH(bool, staged);
    PipelineOptions options;
    options.workers = static_cast<std::size_t>(workers);
    options.prefetch = static_cast<std::size_t>(prefetch);
    options.epochs = epochs;
    options.max_bad_fraction = 1;
    options.staged = staged;
    return options;
  }
  static void compare(const Drained& drained, const std::vector<BatchCopy>& wanted) {
    QVERIFY2(!drained.error, drained.error ? drained.error->line().c_str() : "");
    QCOMPARE(drained.batches.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      QVERIFY2(drained.batches[i] == wanted[i], qPrintable(QString("batch %1").arg(i)));
  }

 private Q_SLOTS:
  void sameBytes_data() { ways(); }
  void sameBytes() {
    const auto plan = noisy_plan(1003, 17, 64).build();
    compare(drain(plan, way(3)), expected(plan->train, 3));
  }

  void manyTinyBatches_data() { ways(); }
  void manyTinyBatches() {
    const auto plan = noisy_plan(40, 5, 1).build();
    compare(drain(plan, way(4)), expected(plan->train, 4));
  }

  void largeValues_data() { ways(); }
  void largeValues() {
    const auto plan = noisy_plan(20, 90'000, 8).drop_last().build();
    QCOMPARE(plan->train.batches_per_epoch(), 2U);
    compare(drain(plan, way(2)), expected(plan->train, 2));
  }

  void badRecordsCloseUp_data() { ways(); }
  void badRecordsCloseUp() {
    PlanBuilder builder(500, 9, 32);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record % 6 == 1) return fail_record("cannot be read");
      return {};
    };
    builder.step("scale", to_float(), {PlanBuilder::kPixels}, {2})
        .step("picky", op([](auto in, auto out, OpContext& context) -> Status {
                if (context.record % 6 == 4) throw std::runtime_error("dislikes it\n");
                return to_float_copy(*in[0], *out[0]);
              }),
              {2}, {3})
        .field("image", 3, DType::F32, {9})
        .field("label", PlanBuilder::kLabel, DType::I64, {})
        .shuffle();
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, way(2));
    compare(drain(pipeline, plan->train), expected(plan->train, 2, third));
    const auto errors = pipeline.errors();
    QCOMPARE(errors.size(), 2U);
    QCOMPARE(pipeline.error_count(), 2U * 167U);
    QCOMPARE(errors[0].count, 2U * 84U);
    QCOMPARE(errors[0].error.node, std::string("data"));
    QCOMPARE(errors[0].error.code, ErrorCode::BadRecord);
    QCOMPARE(errors[1].count, 2U * 83U);
    QCOMPARE(errors[1].error.node, std::string("picky"));
    QCOMPARE(errors[1].error.reason, std::string("dislikes it"));
    std::uint64_t first = 0;  // the one that the sampler drew first is shown, whatever the workers
    while (plan->train.sampler.record(1, first) % 6 != 4) ++first;
    QCOMPARE(errors[1].error.file, "memory#" + std::to_string(plan->train.sampler.record(1, first)));
  }

  void branches_data() { ways(); }
  void branches() {
    // pixels feed two branches; one value stands in the batch and feeds another step, one field is a view of
    // a value that lives in a batch row, and two fields show the same value.
    PlanBuilder builder(203, 13, 16);
    builder.step("scale", to_float(), {PlanBuilder::kPixels}, {2})
        .step("noise", add_noise(), {2}, {3})
        .step("again", add_noise(), {3}, {4})
        .step("alias", pass_view(), {3}, {5})
        .step("raw", pass_view(), {PlanBuilder::kPixels}, {6})
        .step("swap", op([](auto in, auto out, OpContext&) -> Status {
                out[0]->view(*in[1]);
                out[1]->view(*in[0]);
                return {};
              }),
              {4, 5}, {7, 8});
    for (const SlotIndex slot : {2, 3, 4, 5, 7, 8, 3}) builder.field("f", slot, DType::F32, {13});
    builder.field("raw", 6, DType::U8, {13}).field("pixels", PlanBuilder::kPixels, DType::U8, {13}).shuffle();
    const auto plan = builder.build();
    compare(drain(plan, way(2)), expected(plan->train, 2));
  }

  void pausesChangeNothing_data() { ways(); }
  void pausesChangeNothing() {
    const auto plan = noisy_plan(700, 6, 16).build();
    Pipeline pipeline(plan, plan->train, way(2));
    Drained drained;
    for (int i = 0;; ++i) {
      pipeline.pause();
      pipeline.resume();
      auto batch = pipeline.next();
      QVERIFY(batch);
      if (!*batch) break;
      drained.batches.push_back(copy(plan->train, **batch));
    }
    compare(drained, expected(plan->train, 2));
  }

  /// Rows of a ragged field keep their length and end in zeros, whatever lay in the buffer before; a record that is
  /// longer than the capacity is a bad one, and rows close up with their lengths.
  void recordsOfAnyLength_data() { ways(); }
  void recordsOfAnyLength() {
    PlanBuilder builder(500, 40, 16);
    builder
        .step("cut", op([](auto in, auto out, OpContext& context) -> Status {
                const auto length = static_cast<std::int64_t>(context.record * 7 % 34);
                auto* to = reinterpret_cast<std::int32_t*>(out[0]->allocate(DType::I32, {length, 2}));
                for (std::int64_t i = 0; i < 2 * length; ++i) to[i] = 1 + in[0]->template as<std::uint8_t>()[i / 2];
                return {};
              }),
              {PlanBuilder::kPixels}, {2})
        .field("tokens", 2, DType::I32, {Dim::up_to(31), 2})
        .field("pixels", PlanBuilder::kPixels, DType::U8, {40})
        .shuffle();
    const auto plan = builder.build();
    QCOMPARE(plan->train.fields[0].capacity, std::int64_t{31});
    QCOMPARE(plan->train.fields[0].record_bytes(), std::size_t{31 * 2 * 4});
    Pipeline pipeline(plan, plan->train, way(2));
    const Drained drained = drain(pipeline, plan->train);
    const auto wanted = expected(plan->train, 2, [](std::uint64_t record) { return record * 7 % 34 > 31; });
    compare(drained, wanted);
    std::size_t differing = 0;
    for (const BatchCopy& batch : wanted) differing += batch.record_ids.size() != 16 ? 1 : 0;
    QVERIFY(differing > 10);  // some rows did close up
    const auto errors = pipeline.errors();
    QCOMPARE(errors.size(), std::size_t{2});  // 32 and 33 long
    QVERIFY2(errors[0].error.reason.find("tokens") != std::string::npos, errors[0].error.reason.c_str());
    QVERIFY(!errors[0].error.remedy.empty());
  }

  void theLongestRowOfABatchIsTold() {
    PlanBuilder builder(8, 4, 4);
    builder
        .step("cut", op([](auto, auto out, OpContext& context) -> Status {
                out[0]->allocate(DType::U8, {context.record < 4 ? 0 : static_cast<std::int64_t>(context.record)});
                return {};
              }),
              {PlanBuilder::kPixels}, {2})
        .field("bytes", 2, DType::U8, {Dim::up_to(9)});
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, {});
    const auto first = pipeline.next();
    QVERIFY(first && *first);
    QCOMPARE((*first)->longest(0), std::int64_t{1});  // no tensor is empty
    const auto second = pipeline.next();
    QVERIFY(second && *second);
    QCOMPARE((*second)->longest(0), std::int64_t{7});
    QCOMPARE((*second)->buffer->lengths[0], (std::vector<std::uint32_t>{4, 5, 6, 7}));
  }

  void onlySource_data() { ways(); }
  void onlySource() {
    PlanBuilder builder(77, 4, 10);
    builder.field("pixels", PlanBuilder::kPixels, DType::U8, {4}).field("label", PlanBuilder::kLabel, DType::I64, {});
    const auto plan = builder.build();
    compare(drain(plan, way(2)), expected(plan->train, 2));
  }

  void epochsWithoutEnd() {
    const auto plan = noisy_plan(10, 4, 4).build();
    PipelineOptions options;
    options.epochs = 0;
    options.first_epoch = 7;
    Pipeline pipeline(plan, plan->train, options);
    for (std::uint32_t i = 0; i < 300; ++i) {
      const auto batch = pipeline.next();
      QVERIFY(batch && *batch);
      QCOMPARE((*batch)->epoch, 7 + i / 3);
      QCOMPARE((*batch)->last_of_epoch, i % 3 == 2);
    }
  }

  void nextEpochBeginsBeforeThisOneEnds_data() { ways(); }
  void nextEpochBeginsBeforeThisOneEnds() {
    // The last batch of an epoch is not taken, and yet records of the next one are read: their first batch waits for
    // nothing.
    std::atomic<int> reads{0};
    PlanBuilder builder = noisy_plan(160, 4, 16);
    builder.source()->before = [&](std::uint64_t) -> Status {
      ++reads;
      return {};
    };
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, way(2));
    for (int i = 0; i < 9; ++i) QVERIFY(*pipeline.next());
    QFETCH(int, prefetch);
    QTRY_VERIFY(reads > 160);
    // With room for more than the last batch, the next epoch's first one is even finished.
    if (prefetch > 1) QTRY_COMPARE(pipeline.stages(Clock::system().now()).back().queue.fill, 1.0);
    const auto last = pipeline.next();
    QVERIFY((*last)->last_of_epoch);
    QCOMPARE((*pipeline.next())->epoch, 2U);
  }

  void noWholeBatch() {
    const auto plan = noisy_plan(3, 4, 4).drop_last().build();
    for (const std::uint32_t epochs : {1U, 0U}) {
      PipelineOptions options;
      options.epochs = epochs;
      const Drained drained = drain(plan, options);
      QVERIFY(!drained.error && drained.batches.empty());
    }
  }

  void wrongShape() {
    PlanBuilder builder(20, 6, 5);
    builder
        .step("uneven", op([](auto in, auto out, OpContext& context) -> Status {
                if (context.record == 7)
                  out[0]->allocate(DType::U8, {2, 3});
                else if (context.record == 8)
                  out[0]->allocate(DType::F32, {6});
                else
                  out[0]->view(*in[0]);
                return {};
              }),
              {PlanBuilder::kPixels}, {2})
        .field("image", 2, DType::U8, {6});
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, {.workers = 2});
    compare(drain(pipeline, plan->train), expected(plan->train, 1, [](std::uint64_t r) { return r == 7 || r == 8; }));
    const auto errors = pipeline.errors();
    QCOMPARE(errors.size(), 2U);
    QCOMPARE(errors[0].error.node, std::string("uneven"));
    QCOMPARE(errors[0].error.file, std::string("memory#7"));
    QVERIFY(errors[0].error.reason.find("2x3") != std::string::npos ||
            errors[0].error.reason.find("2×3") != std::string::npos);
    QVERIFY(!errors[0].error.remedy.empty());
  }

 private:
  static Status to_float_copy(const Datum& in, Datum& out) {
    std::memcpy(out.allocate(DType::F32, in.dims()), in.data(), in.bytes());
    return {};
  }
};

FEEDLINE_TEST(TestPipeline)

}  // namespace test_pipeline

#include "test_pipeline.moc"
