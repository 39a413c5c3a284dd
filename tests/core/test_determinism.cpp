// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a batch depend on the graph, its data and the seed alone: not on the number of workers, not on how the
// nodes are cut into segments, not on what a cache holds, not on pauses.
#include "graph/edit.h"
#include "graph/json.h"
#include "support/fake_data.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <map>

namespace test_determinism {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::uint32_t kEpochs = 3;
constexpr int kPhotos = 14;

/// Where a cache node keeps its values; None: there is no cache node.
enum class Keep { None, Ram, Disk, Little };

std::string name(Keep keep) {
  const std::map<Keep, std::string> names = {
      {Keep::None, "no cache"}, {Keep::Ram, "in memory"}, {Keep::Disk, "mostly on disk"}, {Keep::Little, "too small"}};
  return names.at(keep);
}

/// A megabyte of memory holds only some of the values of these tests.
CacheSettings settings(Keep keep) {
  if (keep == Keep::Disk) return {.ram_megabytes = 1};
  if (keep == Keep::Little) return {.ram_megabytes = 1, .disk = false};
  return {};
}

/// Some records cannot be read, some are refused behind the cache, some only in one epoch or another.
std::shared_ptr<const Plan> fake_plan(Keep keep) {
  PlanBuilder builder(700, 1000, 16);
  builder.source()->before = [](std::uint64_t record) -> Status {
    if (record % 23 == 5) return fail_record("cannot be read");
    return {};
  };
  builder.step("scale", to_float(), {PlanBuilder::kPixels}, {2});
  SlotIndex kept = 2;
  if (keep != Keep::None) builder.cache("cache", 2, kept = 5, settings(keep));
  builder.step("noise", add_noise(), {kept}, {3})
      .step("picky", op([](auto in, auto out, OpContext& context) -> Status {
              if (context.record % 31 == 7) return fail_record("is disliked");
              out[0]->view(*in[0]);
              return {};
            }),
            {3}, {4})
      .step("fickle", op([](auto in, auto out, OpContext& context) -> Status {
              if (context.rng.chance(0.03)) return fail_record("is disliked today");
              out[0]->view(*in[0]);
              return {};
            }),
            {4}, {6})
      .field("image", 6, DType::F32, {1000})
      .field("label", PlanBuilder::kLabel, DType::I64, {})
      .shuffle();
  return builder.build();
}

/// The image-folder example on few photos, with small crops.
Result<std::shared_ptr<const Plan>> photo_plan(const QString& photos, Keep keep, bool exact) {
  const auto text = read_file(feedline::test::source_dir("/resources/examples/image-folder.feedline"));
  auto loaded = from_json(std::string_view(text.constData(), static_cast<std::size_t>(text.size())));
  if (!loaded) return fail(loaded.error());
  Edit::List edits;
  edits.push_back({SetParam{.node = "source", .param = "folder", .value = photos.toStdString()}});
  edits.push_back({SetParam{.node = "crop", .param = "size", .value = std::int64_t{32}}});
  edits.push_back({SetParam{.node = "batch", .param = "size", .value = std::int64_t{5}}});
  edits.push_back({SetParam{.node = "decode", .param = "exact", .value = exact}});
  if (keep != Keep::None) {
    const CacheSettings cache = settings(keep);
    edits.push_back({RemoveLink{{"crop", "image"}}});
    edits.push_back({AddNode{Node{
        .id = "keep", .type = "cache", .params = {{"ram_megabytes", cache.ram_megabytes}, {"disk", cache.disk}}}}});
    edits.push_back({AddLink{Link{.from = {"decode", "image"}, .to = {"keep", "sample"}}}});
    edits.push_back({AddLink{Link{.from = {"keep", "sample"}, .to = {"crop", "image"}}}});
  }
  if (const auto done = loaded->document.apply(Edit{std::move(edits)}); !done) return fail(done.error());
  return make_plan(loaded->document, {});
}

Drained drain_with_pauses(Pipeline& pipeline, const DataPlan& plan) {
  Drained drained;
  for (int i = 0;; ++i) {
    if (i % 3 == 1) pipeline.pause();
    if (i % 3 == 1) pipeline.resume();
    auto batch = pipeline.next();
    if (!batch) drained.error = batch.error();
    if (!batch || !*batch) return drained;
    drained.batches.push_back(copy(plan, **batch));
  }
}

}  // namespace

class TestDeterminism : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  QString photos_;

  static void columns() {
    QTest::addColumn<int>("workers");
    QTest::addColumn<bool>("staged");
    QTest::addColumn<bool>("paused");
    QTest::addColumn<int>("keep");
    QTest::addColumn<bool>("exact");
  }
  static void ways(Keep keep, bool exact, const std::vector<bool>& pauses) {
    for (const int workers : {1, 2, 8, 16})
      for (const bool staged : {false, true})
        for (const bool paused : pauses)
          QTest::addRow("%s%s, %d workers%s%s", name(keep).c_str(), exact ? "" : ", parts of pictures", workers,
                        staged ? ", staged" : "", paused ? ", paused" : "")
              << workers << staged << paused << static_cast<int>(keep) << exact;
  }
  [[nodiscard]] Drained drain_so(const std::shared_ptr<const Plan>& plan, Keep keep) const {
    QFETCH(int, workers);
    QFETCH(bool, staged);
    QFETCH(bool, paused);
    PipelineOptions options;
    options.workers = static_cast<std::size_t>(workers);
    options.epochs = kEpochs;
    options.staged = staged;
    options.max_bad_fraction = 1;
    options.cache_folder = folder_.path().toStdString();
    Pipeline pipeline(plan, plan->train, options);
    Drained drained = paused ? drain_with_pauses(pipeline, plan->train) : drain(pipeline, plan->train);
    check_cache(pipeline, keep);
    return drained;
  }
  /// The test tests what it says.
  static void check_cache(const Pipeline& pipeline, Keep keep) {
    std::optional<CacheSample> cache;
    for (const StageSample& stage : pipeline.stages(0))
      if (stage.cache) cache = stage.cache;
    QCOMPARE(cache.has_value(), keep != Keep::None);
    if (!cache) return;
    QVERIFY(cache->records > 0 && cache->ram_bytes > 0);
    QCOMPARE(cache->disk_bytes > 0, keep == Keep::Disk);
    QCOMPARE(cache->full, keep == Keep::Little);
  }
  static void compare(const Drained& drained, const std::vector<BatchCopy>& wanted) {
    QVERIFY2(!drained.error, drained.error ? drained.error->line().c_str() : "");
    QCOMPARE(drained.batches.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      QVERIFY2(drained.batches[i] == wanted[i], qPrintable(QString("batch %1").arg(i)));
  }

 private Q_SLOTS:
  void fake_data() {
    columns();
    for (const Keep keep : {Keep::None, Keep::Ram, Keep::Disk, Keep::Little}) ways(keep, true, {false, true});
  }
  void fake() {
    QFETCH(int, keep);
    static const std::vector<BatchCopy> wanted = expected(fake_plan(Keep::None)->train, kEpochs);
    compare(drain_so(fake_plan(static_cast<Keep>(keep)), static_cast<Keep>(keep)), wanted);
  }

  void photos_data() {
    const QString flowers = feedline::test::shared_data("/photos/flowers");
    columns();
    if (!QDir(flowers).exists()) QSKIP("no real photos here");
    for (const Keep keep : {Keep::None, Keep::Ram, Keep::Disk, Keep::Little}) ways(keep, true, {keep == Keep::Ram});
    ways(Keep::None, false, {false});
    ways(Keep::Ram, false, {true});
    photos_ = folder_.filePath("photos");
    const QStringList files = files_below(flowers).filter(".jpg");
    QVERIFY(files.size() >= kPhotos);
    for (int i = 0; i < kPhotos; ++i) {
      const QByteArray bytes = read_file(files[i * (files.size() / kPhotos)]);
      write_file(QString("%1/%2/%3.jpg").arg(photos_).arg(i % 2).arg(i), bytes);
      if (i % 5 == 2) write_file(QString("%1/%2/damaged%3.jpg").arg(photos_).arg(i % 2).arg(i), bytes.left(900));
      // Good or bad, depending on which part of it is wanted.
      if (i % 5 == 3)
        write_file(QString("%1/%2/cut%3.jpg").arg(photos_).arg(i % 2).arg(i), bytes.left(bytes.size() * 3 / 5));
    }
  }
  void photos() {
    QFETCH(int, keep);
    QFETCH(bool, exact);
    const auto plan = photo_plan(photos_, static_cast<Keep>(keep), exact);
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    static const auto whole = photo_plan(photos_, Keep::None, true);
    static const std::vector<BatchCopy> wanted = expected((*whole)->train, kEpochs);
    static const std::vector<BatchCopy> of_parts = parts(photos_);
    QVERIFY(wanted.size() >= 3 * kEpochs && of_parts.size() == wanted.size() && of_parts != wanted);
    // A decode in front of a cache reads whole pictures.
    const bool partial = !exact && static_cast<Keep>(keep) == Keep::None;
    compare(drain_so(*plan, static_cast<Keep>(keep)), partial ? of_parts : wanted);
  }

 private:
  /// Which part is decoded follows from the next node's random numbers: there is no simpler way to know it than to run.
  static std::vector<BatchCopy> parts(const QString& photos) {
    const auto plan = photo_plan(photos, Keep::None, false);
    PipelineOptions options;
    options.workers = 1;
    options.epochs = kEpochs;
    options.max_bad_fraction = 1;
    return drain(*plan, options).batches;
  }
};

FEEDLINE_TEST(TestDeterminism)

}  // namespace test_determinism

#include "test_determinism.moc"
