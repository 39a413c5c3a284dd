// SPDX-License-Identifier: GPL-3.0-or-later
// Pipelines that prepare a part of each batch: together they give the rows of all of it, and each reads its own alone.
#include "engine/batch_share.h"
#include "support/fake_data.h"
#include "support/test_program.h"

#include <QtTest>

namespace test_batch_shares {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::uint32_t kEpochs = 2;

PlanBuilder shuffled(std::uint64_t records, std::int64_t batch) {
  PlanBuilder builder = noisy_plan(records, 12, batch);
  builder.shuffle();
  return builder;
}

PipelineOptions part(std::size_t at, std::size_t of, std::size_t workers) {
  PipelineOptions options{.workers = workers, .epochs = kEpochs, .max_bad_fraction = 1};
  options.share = {.part = at, .parts = of};
  return options;
}

/// Batch by batch, what the parts give one after the other.
std::vector<BatchCopy> joined(const std::vector<Drained>& parts) {
  std::vector<BatchCopy> all = parts.front().batches;
  for (std::size_t p = 1; p < parts.size(); ++p)
    for (std::size_t b = 0; b < all.size(); ++b) {
      const BatchCopy& more = parts[p].batches.at(b);
      if (more.index != all[b].index || more.epoch != all[b].epoch || more.last_of_epoch != all[b].last_of_epoch)
        qFatal("the parts are not in step");
      all[b].record_ids.insert(all[b].record_ids.end(), more.record_ids.begin(), more.record_ids.end());
      for (std::size_t f = 0; f < all[b].fields.size(); ++f) all[b].fields[f] += more.fields[f];
    }
  return all;
}

}  // namespace

class TestBatchShares : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void partsMakeTheWhole_data() {
    QTest::addColumn<int>("records");
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("parts");
    QTest::newRow("even") << 64 << 16 << 4;
    QTest::newRow("uneven") << 100 << 7 << 3;
    QTest::newRow("a last batch of one row, for four") << 33 << 16 << 4;
    QTest::newRow("one batch of three rows, for four") << 3 << 8 << 4;
  }
  void partsMakeTheWhole() {
    QFETCH(int, records);
    QFETCH(int, batch);
    QFETCH(int, parts);
    PlanBuilder builder = shuffled(static_cast<std::uint64_t>(records), batch);
    const auto plan = builder.build();
    const std::vector<BatchCopy> wanted = expected(plan->train, kEpochs);
    for (const std::size_t workers : {std::size_t{1}, std::size_t{3}}) {
      std::vector<Drained> found;
      const std::uint64_t before = builder.source()->pixel_reads;
      for (int p = 0; p < parts; ++p)
        found.push_back(drain(plan, part(static_cast<std::size_t>(p), static_cast<std::size_t>(parts), workers)));
      QCOMPARE(builder.source()->pixel_reads - before, static_cast<std::uint64_t>(records) * kEpochs);
      QVERIFY(joined(found) == wanted);
    }
  }

  /// Who divides a batch knows which of its rows were left out: also in a later epoch, where they are known already.
  void missingRowsAreKnown() {
    PlanBuilder builder(40, 4, 10);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record % 7 == 2) return fail_record("cannot be read");
      return {};
    };
    builder.step("scale", to_float(), {PlanBuilder::kPixels}, {2}).field("image", 2, DType::F32, {4});
    const auto plan = builder.build();
    for (const std::size_t parts : {std::size_t{1}, std::size_t{2}})
      for (std::size_t p = 0; p < parts; ++p) {
        Pipeline pipeline(plan, plan->train, part(p, parts, 2));
        for (std::size_t b = 0; b < kEpochs * 4; ++b) {
          const auto found = pipeline.next();
          QVERIFY(found && *found);
          const Batch& batch = **found;
          const Rows own = rows_of(10, p, parts);
          QCOMPARE(batch.drawn, static_cast<std::size_t>(own.count));
          QCOMPARE(batch.records + batch.missing.size(), batch.drawn);
          for (const std::size_t row : batch.missing)
            QCOMPARE((b % 4 * 10 + static_cast<std::size_t>(own.first) + row) % 7, std::size_t{2});
        }
      }
  }

  /// A batch of which nothing is left is still one, where others may have rows of it.
  void emptyPartsAreHandedOut() {
    PlanBuilder builder(12, 4, 4);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record == 0 || record == 1) return fail_record("cannot be read");
      return {};
    };
    builder.step("scale", to_float(), {PlanBuilder::kPixels}, {2}).field("image", 2, DType::F32, {4});
    const auto plan = builder.build();
    const Drained found = drain(plan, part(0, 2, 1));
    QCOMPARE(found.batches.size(), std::size_t{3 * kEpochs});
    QVERIFY(found.batches.front().record_ids.empty());
    QCOMPARE(found.batches[1].record_ids.size(), std::size_t{2});
  }
};

FEEDLINE_TEST(TestBatchShares)

}  // namespace test_batch_shares

#include "test_batch_shares.moc"
