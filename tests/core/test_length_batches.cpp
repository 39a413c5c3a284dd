// SPDX-License-Identifier: GPL-3.0-or-later
// Batches of records of like length (BatchSettings::by_length): every record once, little padding, and the same bytes
// for any number of workers and wherever a pipeline goes on.
#include "engine/pipeline_past.h"
#include "support/fake_data.h"
#include "support/going_on.h"
#include "support/test_program.h"

#include <QtTest>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

namespace test_length_batches {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::uint64_t kRecords = 300;
constexpr std::int64_t kBatch = 16;
constexpr std::uint32_t kEpochs = 3;
constexpr std::int64_t kLongest = 60;

std::int64_t length_of(std::uint64_t record) { return static_cast<std::int64_t>((record * 37) % kLongest) + 1; }

/// Token ids of each record: as many as length_of() says, all of them its number. Some cannot be read, some are refused
/// in one epoch and not in another.
std::shared_ptr<const Plan> token_plan(std::int64_t by_length, bool bad = true) {
  PlanBuilder builder(kRecords, 4, kBatch);
  if (bad)
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record % 41 == 7) return fail_record("cannot be read");
      return {};
    };
  builder
      .step("tokens", op([bad](auto, auto out, OpContext& context) -> Status {
              if (bad && context.rng.chance(0.03)) return fail_record("is disliked today");
              const std::int64_t count = length_of(context.record);
              auto* to = reinterpret_cast<std::int32_t*>(out[0]->allocate(DType::I32, {count}));
              std::fill_n(to, count, static_cast<std::int32_t>(context.record));
              return {};
            }),
            {PlanBuilder::kPixels}, {2})
      .field("label", PlanBuilder::kLabel, DType::I64, {})
      .field("tokens", 2, DType::I32, {Dim::up_to(kLongest)})
      .shuffle();
  auto plan = std::make_shared<Plan>(*builder.build());
  plan->train.batch.by_length = by_length;
  return plan;
}

PipelineOptions way(std::size_t workers, bool staged = false, std::size_t prefetch = 4) {
  return {.workers = workers, .prefetch = prefetch, .epochs = kEpochs, .max_bad_fraction = 1, .staged = staged};
}

/// Tokens and room of an epoch's batches; and that each row is what its record gives.
struct Filled {
  std::int64_t values = 0;
  std::int64_t room = 0;
  bool right = true;
  std::vector<std::int64_t> longest{};
};

Filled filled(const std::vector<BatchCopy>& batches) {
  Filled sums;
  for (const BatchCopy& batch : batches) {
    const std::size_t rows = batch.record_ids.size();
    const auto* labels = reinterpret_cast<const std::int64_t*>(batch.fields[0].data());
    const auto* tokens = reinterpret_cast<const std::int32_t*>(batch.fields[1].data());
    const char* lengths = batch.fields[1].data() + rows * kLongest * sizeof(std::int32_t);
    std::int64_t longest = 1;
    for (std::size_t row = 0; row < rows; ++row) {
      std::uint32_t length = 0;
      std::memcpy(&length, lengths + row * sizeof length, sizeof length);
      const std::uint64_t record = batch.record_ids[row];
      sums.right = sums.right && length == length_of(record) && labels[row] == static_cast<std::int64_t>(record % 10);
      for (std::int64_t i = 0; i < kLongest; ++i)
        sums.right = sums.right && tokens[static_cast<std::int64_t>(row) * kLongest + i] ==
                                       (i < length_of(record) ? static_cast<std::int32_t>(record) : 0);
      sums.values += length;
      longest = std::max<std::int64_t>(longest, length);
    }
    sums.room += longest * static_cast<std::int64_t>(rows);
    sums.longest.push_back(longest);
  }
  return sums;
}

std::multiset<std::uint64_t> records_of(const std::vector<BatchCopy>& batches, std::uint32_t epoch) {
  std::multiset<std::uint64_t> records;
  for (const BatchCopy& batch : batches)
    if (batch.epoch == epoch) records.insert(batch.record_ids.begin(), batch.record_ids.end());
  return records;
}

}  // namespace

class TestLengthBatches : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void every_record_comes_once_with_its_own_values() {
    const Drained plain = drain(token_plan(0), way(2));
    const Drained sorted = drain(token_plan(8), way(2));
    QVERIFY(!plain.error && !sorted.error);
    QCOMPARE(sorted.batches.size(), plain.batches.size());
    for (std::uint32_t epoch = 1; epoch <= kEpochs; ++epoch)
      QVERIFY(records_of(sorted.batches, epoch) == records_of(plain.batches, epoch));
    for (std::size_t i = 0; i < plain.batches.size(); ++i) {
      QCOMPARE(sorted.batches[i].epoch, plain.batches[i].epoch);
      QCOMPARE(sorted.batches[i].index, plain.batches[i].index);
      QCOMPARE(sorted.batches[i].last_of_epoch, plain.batches[i].last_of_epoch);
      QCOMPARE(sorted.batches[i].record_ids.size(), plain.batches[i].record_ids.size());
    }
    QVERIFY(filled(plain.batches).right);
    QVERIFY(filled(sorted.batches).right);
  }

  /// Records of 1 to 60 tokens: nearly half of a batch at random is padding.
  void little_is_padding() {
    const Filled plain = filled(drain(token_plan(0, false), way(2)).batches);
    const Filled sorted = filled(drain(token_plan(8, false), way(2)).batches);
    QCOMPARE(sorted.values, plain.values);
    const auto share = [](const Filled& of) {
      return 1 - static_cast<double>(of.values) / static_cast<double>(of.room);
    };
    QVERIFY2(share(plain) > 0.4, qPrintable(QString::number(share(plain))));
    QVERIFY2(share(sorted) < 0.2, qPrintable(QString::number(share(sorted))));
    // The batches do not grow from one to the next.
    QVERIFY(!std::is_sorted(sorted.longest.begin(), sorted.longest.begin() + 8));
  }

  void the_meter_says_so() {
    const auto plan = token_plan(8, false);
    Pipeline pipeline(plan, plan->train, way(2));
    const Filled all = filled(drain(pipeline, plan->train).batches);
    const std::vector<StageSample> stages = pipeline.stages(Clock::system().now());
    QCOMPARE(stages.back().padding.size(), std::size_t{1});
    const PaddingSample& tokens = stages.back().padding.front();
    QCOMPARE(tokens.field, std::string("tokens"));
    QCOMPARE(tokens.values, static_cast<std::uint64_t>(all.values));
    QCOMPARE(tokens.room, static_cast<std::uint64_t>(all.room));
    QVERIFY(stages.front().padding.empty());
  }

  void is_the_same_for_any_number_of_workers() {
    const auto plan = token_plan(5);
    const Drained first = drain(plan, way(1));
    QVERIFY(!first.error && !first.batches.empty());
    for (const std::size_t workers : {2U, 7U})
      for (const bool staged : {false, true})
        for (const std::size_t prefetch : {std::size_t{0}, std::size_t{1}, std::size_t{4}})
          QVERIFY(drain(plan, way(workers, staged, prefetch)).batches == first.batches);
  }

  /// At every batch of the first group, at borders of groups and epochs.
  void goes_on_to_the_same_bytes() {
    const auto plan = token_plan(5);
    Pipeline whole(plan, plan->train, way(2));
    const Drained all = drain(whole, plan->train);
    QVERIFY(!all.error && all.batches.size() == kEpochs * plan->train.batches_per_epoch());
    const QStringList wanted = told(whole);
    QVERIFY(wanted.size() > 10);
    for (std::size_t used = 1; used <= all.batches.size(); used += used < 22 ? 1 : 7) {
      Pipeline first(plan, plan->train, way(3));
      std::vector<BatchCopy> batches;
      while (batches.size() < used) {
        auto batch = first.next();
        QVERIFY(batch && *batch);
        batches.push_back(copy(plan->train, **batch));
      }
      const auto past = pipeline_past_of(to_text(first.past()));
      QVERIFY(past && past->batches == used);
      Pipeline second(plan, plan->train, behind(batches.back(), *past, way(2)));
      const Drained rest = drain(second, plan->train);
      QVERIFY2(!rest.error, rest.error ? rest.error->line().c_str() : "");
      batches.insert(batches.end(), rest.batches.begin(), rest.batches.end());
      QCOMPARE(batches.size(), all.batches.size());
      for (std::size_t i = 0; i < batches.size(); ++i)
        QVERIFY2(batches[i] == all.batches[i], qPrintable(QString("batch %1 behind %2").arg(i).arg(used)));
      QCOMPARE(told(second), wanted);
    }
  }

  /// Where all records have one length, and on validation data, the order stays.
  void changes_nothing_elsewhere() {
    auto plan = std::make_shared<Plan>(*token_plan(8));
    plan->train.training = false;
    auto as_it_is = std::make_shared<Plan>(*plan);
    as_it_is->train.batch.by_length = 0;
    QVERIFY(drain(plan, way(2)).batches == drain(as_it_is, way(2)).batches);
    auto pixels = std::make_shared<Plan>(*noisy_plan(100, 20, 8).build());
    const Drained before = drain(pixels, way(2));
    pixels->train.batch.by_length = 4;
    QVERIFY(drain(pixels, way(2)).batches == before.batches);
  }

  void a_stop_is_heard_in_the_midst_of_a_group() {
    const auto plan = token_plan(8);
    Pipeline pipeline(plan, plan->train, way(2));
    QVERIFY(pipeline.next());
    pipeline.stop();
    const auto next = pipeline.next();
    QVERIFY(!next && next.error().code == ErrorCode::Cancelled);
  }
};

FEEDLINE_TEST(TestLengthBatches)

}  // namespace test_length_batches

#include "test_length_batches.moc"
