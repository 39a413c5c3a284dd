// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that learn from the training records before a run: normalise with fitted statistics, on real files.
#include "engine/fit.h"
#include "graph/edit.h"
#include "graph/grouping.h"
#include "nodes/preprocess/channel_moments.h"
#include "support/fake_nodes.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>
#include <thread>

namespace test_fit {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr int kRecords = 200;

/// The plan of a document, fitted; and how often its records had to pass for that.
struct FittedPlan {
  std::shared_ptr<const Plan> plan{};
  int passes = 0;
  QString error{};
};

FittedPlan fitted(const Document& document, const QString& cache, std::size_t workers = 2) {
  FittedPlan found;
  const auto plan = make_plan(document, {.sources = {.cache_folder = cache.toStdString()}});
  if (!plan) return {.error = line(plan.error())};
  std::string last;
  auto bound = fit_plan(*plan, {.pipeline = {.workers = workers},
                                .cache_folder = cache.toStdString(),
                                .progress = [&](std::string_view what, double done) {
                                  if (what.starts_with("Fitting") && done == 0) ++found.passes;
                                }});
  if (!bound) return {.error = line(bound.error())};
  found.plan = std::move(*bound);
  return found;
}

const PlanStep& step_of(const DataPlan& data, const std::string& node) {
  for (const PlanStep& step : data.steps)
    if (step.node == node) return step;
  qFatal("no step %s", node.c_str());
}

std::vector<double> learnt(const FittedPlan& found, const char* what, const std::string& node = "normalise") {
  return found.plan == nullptr ? std::vector<double>{}
                               : *step_of(found.plan->train, node).fitted->learnt->at(what).numbers<double>();
}

void must(Document& document, const Edit& edit) {
  if (const auto done = document.apply(edit); !done) qFatal("%s", done.error().line().c_str());
}

/// Mean and deviation of the records' bytes, in units of 0..1, with 64 bits of mantissa.
std::pair<double, double> direct(const Source& source, const std::vector<std::uint64_t>& records) {
  long double sum = 0;
  long double count = 0;
  const auto each = [&](auto&& take) {
    for (const std::uint64_t record : records) {
      Datum image;
      std::vector<Datum*> out = {&image, nullptr};
      if (!source.read(record, out)) continue;
      for (const std::byte byte : image.span()) take(std::to_integer<int>(byte) / 255.0L);
    }
  };
  each([&](long double value) { sum += value, count += 1; });
  const long double mean = sum / count;
  long double squares = 0;
  each([&](long double value) { squares += (value - mean) * (value - mean); });
  return {static_cast<double>(mean), static_cast<double>(std::sqrt(squares / count))};
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b)); }

}  // namespace

class TestFit : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  Document network_{};  ///< small_network(), with fitted statistics
  int caches_ = 0;

  /// A cache folder that nobody has used.
  QString fresh() { return folder_.filePath(QStringLiteral("cache%1").arg(++caches_)); }

 private Q_SLOTS:
  void initTestCase() {
    network_ = with(small_network(folder_.path(), kRecords), "normalise", "statistics", std::string("fitted"));
  }

  void learns_what_the_training_records_say() {
    const FittedPlan found = fitted(network_, fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    const DataPlan& data = found.plan->train;
    QCOMPARE(data.sampler.count, std::uint64_t{150});
    SamplerPlan sampler = data.sampler;
    sampler.shuffle = false;
    std::vector<std::uint64_t> training;
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < sampler.count; ++i) training.push_back(sampler.record(1, i));
    for (std::uint64_t i = 0; i < sampler.source_size; ++i) all.push_back(i);
    const auto [mean, stddev] = direct(*data.source, training);
    QCOMPARE(learnt(found, "mean").size(), std::size_t{1});
    QVERIFY(near(learnt(found, "mean").front(), mean));
    QVERIFY(near(learnt(found, "stddev").front(), stddev));
    QVERIFY2(!near(mean, direct(*data.source, all).first), "validation records would not show here");
    QCOMPARE(step_of(data, "normalise").fitted->learnt->at("pixels").numbers<std::int64_t>()->front(), 150 * 28 * 28);
    // Validation goes through the same statistics.
    QVERIFY(*step_of(*found.plan->validation, "normalise").fitted->learnt ==
            *step_of(data, "normalise").fitted->learnt);
  }

  /// All that comes out of the batches has mean 0 and deviation 1.
  void the_bound_plan_normalises() {
    const FittedPlan found = fitted(network_, fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    Pipeline pipeline(found.plan, found.plan->train, {.workers = 2});
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (auto batch = pipeline.next(); batch && *batch; batch = pipeline.next()) {
      const auto* numbers = reinterpret_cast<const float*>((*batch)->buffer->fields[0]);
      for (std::size_t i = 0; i < (*batch)->records * 28 * 28; ++i, count += 1) {
        sum += static_cast<double>(numbers[i]);
        squares += static_cast<double>(numbers[i]) * static_cast<double>(numbers[i]);
      }
    }
    QVERIFY(pipeline.errors().empty());
    QVERIFY(std::abs(sum / count) < 1e-5);
    QVERIFY(std::abs(squares / count - 1) < 1e-5);
  }

  void is_the_same_for_any_number_of_workers_data() {
    QTest::addColumn<bool>("floats");
    QTest::newRow("bytes") << false;
    QTest::newRow("f32, in two passes") << true;
  }
  void is_the_same_for_any_number_of_workers() {
    QFETCH(bool, floats);
    Document document = network_;
    if (floats) {
      must(document,
           {AddNode{{.id = "again", .type = "normalise", .params = {{"statistics", std::string("fitted")}}}}});
      must(document, {RemoveLink{{"batch", "image"}}});
      must(document, {AddLink{{.from = {"normalise", "image"}, .to = {"again", "image"}}}});
      must(document, {AddLink{{.from = {"again", "image"}, .to = {"batch", "image"}}}});
    }
    std::optional<NamedTensors> first;
    for (const std::size_t workers : {1U, 2U, 7U}) {
      const FittedPlan found = fitted(document, fresh(), workers);
      QVERIFY2(found.plan != nullptr, qPrintable(found.error));
      QCOMPARE(found.passes, floats ? 2 : 1);
      if (floats) {
        QVERIFY(std::abs(learnt(found, "mean", "again").front()) < 1e-6);
        QVERIFY(std::abs(learnt(found, "stddev", "again").front() - 1) < 1e-6);
      }
      const NamedTensors all = learnt_by(*found.plan);
      QVERIFY(all.contains("normalise.mean"));
      if (!first) first = all;
      QVERIFY(all == *first);
    }
  }

  void what_is_known_is_not_learnt_again_data() {
    QTest::addColumn<int>("passes");
    const auto row = [](const char* name, bool hit) { QTest::newRow(name) << (hit ? 0 : 1); };
    for (const char* name : {"same", "renamed", "moved", "noted", "grouped", "other model", "other batch",
                             "cache between", "other epochs", "no shuffle"})
      row(name, true);
    for (const char* name : {"other split", "other way to split", "other seed of the split", "other file time",
                             "flip in front", "other file"})
      row(name, false);
  }
  void what_is_known_is_not_learnt_again() {
    QFETCH(int, passes);
    const QString change = QTest::currentDataTag();
    const QString cache = fresh();
    QTemporaryDir files;
    Document document = with(small_network(files.path(), kRecords), "normalise", "statistics", std::string("fitted"));
    QCOMPARE(fitted(document, cache).passes, 1);
    const std::string images = std::get<std::string>(document.find("source")->params.at("images"));
    const auto between = [&](const char* type) {
      must(document, {AddNode{{.id = "new", .type = type}}});
      const PortRef from = document.link_into({"normalise", "image"})->from;
      must(document, {RemoveLink{{"normalise", "image"}}});
      const NodeSpec& spec = *Registry::instance().find(type);
      must(document, {AddLink{{.from = from, .to = {"new", spec.inputs.front().name}}}});
      must(document, {AddLink{{.from = {"new", spec.outputs.front().name}, .to = {"normalise", "image"}}}});
    };
    if (change == "renamed") must(document, {RenameNode{"normalise", "scaled"}});
    if (change == "moved") must(document, {MoveNodes{{{"normalise", {500, 500}}}}});
    if (change == "noted") must(document, {SetNodeComment{"normalise", "learns"}});
    if (change == "other batch") document = with(document, "batch", "size", std::int64_t{8});
    if (change == "other model") document = with(document, "adam", "learning_rate", 0.5);
    if (change == "other epochs") document = with(document, "trainer", "epochs", std::int64_t{9});
    if (change == "no shuffle") document = with(document, "shuffle", "shuffle", false);
    if (change == "cache between") between("cache");
    if (change == "flip in front") between("horizontal_flip");
    if (change == "other split") document = with(document, "trainer", "validation_split", 0.5);
    if (change == "other way to split") document = with(document, "trainer", "split_by", std::string("stratified"));
    if (change == "other seed of the split") document = with(document, "trainer", "seed", std::int64_t{77});
    if (change == "other file time") {
      QFile file(QString::fromStdString(images));
      QVERIFY(file.open(QIODevice::ReadWrite));
      QVERIFY(file.setFileTime(QDateTime::currentDateTime().addSecs(-100), QFileDevice::FileModificationTime));
    }
    if (change == "other file") {
      const QString copy = files.filePath("copy");
      QVERIFY(QFile::copy(QString::fromStdString(images), copy));
      document = with(document, "source", "images", copy.toStdString());
    }
    if (change == "grouped") {
      const auto grouped = group(document, {"normalise"});
      QVERIFY2(grouped.has_value(), grouped ? "" : qPrintable(line(grouped.error())));
      must(document, grouped->edit);
    }
    const FittedPlan found = fitted(document, cache);
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    QCOMPARE(found.passes, passes);
  }

  /// A split that is none needs no seed.
  void the_seed_matters_only_for_a_split() {
    const QString cache = fresh();
    const Document whole = with(network_, "trainer", "validation_split", 0.0);
    QCOMPARE(fitted(whole, cache).passes, 1);
    QCOMPARE(fitted(with(whole, "trainer", "seed", std::int64_t{9}), cache).passes, 0);
  }

  /// In training a flip is random; what is learnt is not.
  void random_nodes_take_their_fixed_form() {
    Document document = network_;
    must(document, {AddNode{{.id = "crop", .type = "pad_random_crop"}}});
    const PortRef from = document.link_into({"normalise", "image"})->from;
    must(document, {RemoveLink{{"normalise", "image"}}});
    must(document, {AddLink{{.from = from, .to = {"crop", "image"}}}});
    must(document, {AddLink{{.from = {"crop", "image"}, .to = {"normalise", "image"}}}});
    const Document whole = with(document, "trainer", "validation_split", 0.0);
    const FittedPlan one = fitted(whole, fresh());
    const FittedPlan other = fitted(with(whole, "trainer", "seed", std::int64_t{9}), fresh());
    QVERIFY2(one.plan != nullptr && other.plan != nullptr, qPrintable(one.error + other.error));
    QVERIFY(learnt_by(*one.plan) == learnt_by(*other.plan));
  }

  void a_damaged_cache_is_learnt_anew() {
    const QString cache = fresh();
    const FittedPlan first = fitted(network_, cache);
    const QStringList kept = files_below(cache + "/fitted");
    QCOMPARE(kept.size(), 1);
    QVERIFY(QFile::resize(kept.front(), 20));
    const FittedPlan second = fitted(network_, cache);
    QCOMPARE(second.passes, 1);
    QVERIFY(learnt_by(*second.plan) == learnt_by(*first.plan));
    QCOMPARE(fitted(network_, cache).passes, 0);
  }

  void a_cache_that_cannot_be_written_is_no_error() {
    const QString file = folder_.filePath("no_folder");
    write_file(file, "x");
    const auto plan = make_plan(network_, {});
    QVERIFY(plan);
    std::vector<Error> notices;
    const auto bound = fit_plan(*plan, {.cache_folder = file.toStdString(),
                                        .on_notice = [&](const Error& notice) { notices.push_back(notice); }});
    QVERIFY(bound);
    QCOMPARE(notices.size(), std::size_t{1});
    QCOMPARE(notices.front().node, std::string("normalise"));
    QVERIFY(!needs_fitting(**bound));
  }

  void what_a_caller_knows_is_used() {
    const FittedPlan first = fitted(network_, fresh());
    NamedTensors known = learnt_by(*first.plan);
    known.at("normalise.mean") = TensorValue::of(std::vector<double>{0.25});
    const auto plan = make_plan(network_, {});
    const auto bound = fit_plan(*plan, {.cache_folder = fresh().toStdString(), .known = known});
    QVERIFY(bound);
    QCOMPARE(step_of((*bound)->train, "normalise").fitted->learnt->at("mean").numbers<double>()->front(), 0.25);
  }

  /// Records that a run leaves out are left out here.
  void bad_records_are_left_out() {
    QTemporaryDir pictures;
    write_picture_folder(pictures.path(), 6);
    write_file(pictures.filePath("a/broken.jpg"), "this is a letter, not a picture");
    Graph graph(
        "source:image_folder decode:decode resize:resize normalise:normalise batch:batch flatten:flatten last:linear "
        "loss:cross_entropy adam:adam trainer:trainer source.file>decode.file decode.image>resize.image "
        "resize.image>normalise.image normalise.image>batch.image source.label>batch.label batch.image>flatten.x "
        "flatten.y>last.x last.y>loss.prediction batch.label>loss.target loss.loss>trainer.loss "
        "adam.optimizer>trainer.optimizer");
    graph.set("source", "folder", pictures.path().toStdString());
    graph.set("normalise", "statistics", std::string("fitted"));
    const FittedPlan found = fitted(graph.document(), fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    QCOMPARE(learnt(found, "mean").size(), std::size_t{3});
    QVERIFY(QFile::remove(pictures.filePath("a/broken.jpg")));
    const FittedPlan without = fitted(graph.document(), fresh());
    QVERIFY(learnt_by(*found.plan) == learnt_by(*without.plan));

    for (const QString& file : files_below(pictures.path())) write_file(file, "this is a letter, not a picture");
    const FittedPlan none = fitted(graph.document(), fresh());
    QVERIFY2(none.error.contains("12 of 12 records could not be used"), qPrintable(none.error));
  }

  void validation_of_its_own_uses_the_same() {
    Document document = with(network_, "trainer", "validation_split", 0.0);
    const QString other = folder_.filePath("other");
    write_file(other + "/images", idx_images(30));
    write_file(other + "/labels", idx_labels(30));
    must(document, {AddNode{{.id = "vsource",
                             .type = "idx",
                             .params = {{"images", (other + "/images").toStdString()},
                                        {"labels", (other + "/labels").toStdString()}}}}});
    must(document, {AddNode{{.id = "vnorm", .type = "normalise", .params = {{"statistics", std::string("fitted")}}}}});
    must(document, {AddNode{{.id = "vbatch", .type = "batch"}}});
    must(document, {AddLink{{.from = {"vsource", "image"}, .to = {"vnorm", "image"}}}});
    must(document, {AddLink{{.from = {"vnorm", "image"}, .to = {"vbatch", "image"}}}});
    must(document, {AddLink{{.from = {"vsource", "label"}, .to = {"vbatch", "label"}}}});
    must(document, {AddLink{{.from = {"vbatch", "batch"}, .to = {"trainer", "validation"}}}});
    const FittedPlan found = fitted(document, fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    QCOMPARE(found.passes, 1);
    QVERIFY(*step_of(*found.plan->validation, "vnorm").fitted->learnt ==
            *step_of(found.plan->train, "normalise").fitted->learnt);
    // Without a counterpart there is nothing to learn from.
    const FittedPlan none = fitted(with(document, "normalise", "statistics", std::string("given")), fresh());
    QVERIFY2(none.error.startsWith("vnorm") && none.error.contains("only validation data"), qPrintable(none.error));
  }

  void an_unfitted_plan_says_so() {
    const auto plan = make_plan(network_, {});
    QVERIFY(plan && needs_fitting(**plan));
    Pipeline pipeline(*plan, (*plan)->train, {.workers = 1});
    const auto batch = pipeline.next();
    QVERIFY(!batch && line(batch.error()).contains("not been fitted"));
  }

  void stops_at_once() {
    Document document = network_;
    must(document, {AddNode{{.id = "load", .type = "synthetic_load", .params = {{"wait_ms", 20.0}}}}});
    const PortRef from = document.link_into({"normalise", "image"})->from;
    must(document, {RemoveLink{{"normalise", "image"}}});
    must(document, {AddLink{{.from = from, .to = {"load", "sample"}}}});
    must(document, {AddLink{{.from = {"load", "sample"}, .to = {"normalise", "image"}}}});
    const auto plan = make_plan(document, {});
    QVERIFY2(plan, plan ? "" : qPrintable(line(plan.error())));
    qint64 quickest = std::numeric_limits<qint64>::max();
    for (int attempt = 0; attempt < 3 && quickest >= 200; ++attempt) {  // the machine may be busy with something else
      std::stop_source stop;
      QElapsedTimer since;
      std::jthread stopper([&] {
        QTest::qSleep(150);
        since.start();
        stop.request_stop();
      });
      const auto bound = fit_plan(
          *plan, {.pipeline = {.workers = 2}, .cache_folder = fresh().toStdString(), .stop = stop.get_token()});
      QVERIFY(!bound && bound.error().code == ErrorCode::Cancelled);
      quickest = std::min(quickest, since.elapsed());
    }
    QVERIFY2(quickest < 200, qPrintable(QString::number(quickest)));
  }

  /// The run tells how far it is before it starts, and the second one starts at once.
  void a_run_fits_first() {
    const QString cache = fresh();
    const RunOptions options{.epochs = 1, .cache_folder = cache.toStdString()};
    const auto told = [](const RecordedRun& run) {
      int count = 0;
      for (const Fact& fact : run.facts())
        if (const auto* preparing = std::get_if<Preparing>(&fact))
          count += preparing->step() == "Fitting normalise" ? 1 : 0;
      return count;
    };
    RecordedRun first(network_, options);
    QVERIFY2(first.result().end == RunResult::End::Completed,
             first.result().failure ? qPrintable(line(*first.result().failure)) : "");
    QVERIFY(told(first) >= 1);
    QCOMPARE(first.result().last.fit_passes.size(), std::size_t{1});
    const FitPassFigures& pass = first.result().last.fit_passes.front();
    const FitPassFigures::Cost& cost = pass.costs.back();  // of the node that learns
    QVERIFY(pass.nodes == std::vector{cost.node} && cost.node == "normalise" && pass.merging_s <= pass.seconds);
    QVERIFY(cost.records == pass.records && pass.records > 0 && cost.busy_s > 0 && pass.not_kept.empty());
    QVERIFY2(first.story().startsWith("Preparing ") && first.story().endsWith("EpochDone Finished"),
             qPrintable(first.story()));
    RecordedRun second(network_, options);
    QVERIFY(second.result().end == RunResult::End::Completed);
    QCOMPARE(told(second), 0);
    QVERIFY(second.result().last.fit_passes.empty());
    QCOMPARE(second.result().epochs.front().loss(kTrainSplit), first.result().epochs.front().loss(kTrainSplit));
  }

  /// Against sums with 64 bits of mantissa, where naive sums of squares would have lost all digits.
  void moments_do_not_cancel() {
    ChannelMoments all;
    long double sum = 0;
    std::vector<float> values;
    for (int record = 0; record < 50; ++record) {
      ChannelMoments one;
      Datum picture;
      auto* to = reinterpret_cast<float*>(picture.allocate(DType::F32, {1, 20, 30}, Layout::CHW));
      for (int i = 0; i < 600; ++i) {
        to[i] = 10'000.0F + static_cast<float>((i * 7 + record) % 11) * 0.01F;
        values.push_back(to[i]);
        sum += static_cast<long double>(to[i]);
      }
      QVERIFY(one.add(picture));
      QVERIFY(all.merge(one));
    }
    const long double mean = sum / static_cast<long double>(values.size());
    long double squares = 0;
    for (const float value : values) squares += (value - mean) * (value - mean);
    QVERIFY(near(all.means().front(), static_cast<double>(mean)));
    const auto stddev = static_cast<double>(std::sqrt(squares / static_cast<long double>(values.size())));
    QVERIFY(std::abs(all.deviations().front() - stddev) < 1e-12);

    Datum odd;
    (void)odd.allocate(DType::F32, {2, 1, 1}, Layout::CHW);
    const_cast<float*>(odd.as<float>())[0] = 1;
    const_cast<float*>(odd.as<float>())[1] = NAN;
    ChannelMoments bad;
    const Status refused = bad.add(odd);
    QVERIFY(!refused && line(refused.error()).contains("not finite"));
    QCOMPARE(bad.pixels(), std::uint64_t{0});
    const_cast<float*>(odd.as<float>())[1] = 1;
    QVERIFY(bad.add(odd));
    QVERIFY2(!all.merge(bad), "other channels");
  }
};

FEEDLINE_TEST(TestFit)

}  // namespace test_fit

#include "test_fit.moc"
