// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/preview_view.h"
#include "graph/grouping.h"
#include "graph/json.h"
#include "support/fake_nodes.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/preview.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace test_run {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Losses to the last bit.
std::string losses(const RunResult& result) {
  std::string bytes;
  for (const EpochResult& epoch : result.epochs)
    for (const MetricValue& metric : epoch.metrics)
      bytes.append(reinterpret_cast<const char*>(&metric.value), sizeof metric.value);
  return bytes;
}

QString line(const RunResult& result) {
  return result.failure ? QString::fromStdString(result.failure->line()) : QString();
}

}  // namespace

class TestRun : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void learns();
  void runs_until_it_is_stopped();
  void rates_are_over_whole_steps_of_training();
  void same_seed_same_losses_data();
  void same_seed_same_losses();
  void other_seed_other_losses();
  void other_names_same_losses();
  void replicas_data();
  void replicas();
  void names_the_precision_that_is_not_there();
  void stops_within_an_epoch();
  void stops_while_preparing();
  void ends_when_destroyed();
  void paused_stands_still_and_changes_nothing();
  void ends_after_max_steps_data();
  void ends_after_max_steps();
  void ends_after_max_seconds();
  void drains_without_learning();
  void refuses_data();
  void refuses();
  void names_the_loss_that_is_no_number();
  void ends_when_all_records_are_bad();
  void survives_a_receiver_that_throws();
  void no_snapshot_is_newer_than_the_end();
  void validates_on_a_connected_batch();
  void learns_texts_of_any_length();
  void numbers_are_learnt_and_measured();
  void losses_are_summed();

 private:
  QTemporaryDir folder_;
  Document document_ = small_network(folder_.path());
  // One run at a time: LibTorch's generator belongs to the process.
  [[nodiscard]] const Document& small() const { return document_; }
};

/// From lines of a file through a batch with named fields, one ragged, to an embedding bag: it learns, the same for any
/// number of workers, and what a preview shows is a row without what fills it up.
void TestRun::learns_texts_of_any_length() {
  const QString lines = folder_.filePath("lines.tsv");
  write_file(lines, text_lines(300));
  const auto loaded = from_json(text_graph(lines).toStdString());
  QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
  const Document& texts = loaded->document;
  RecordedRun run(texts);
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  QCOMPARE(result.epochs.size(), 4U);
  QVERIFY(result.epochs.back().loss(kTrainSplit) < 0.5 * result.epochs.front().loss(kTrainSplit));
  const double accuracy = result.epochs.back().value("accuracy", kValSplit);
  QVERIFY2(accuracy > 0.9, QByteArray::number(accuracy));
  RecordedRun others(with(texts, "trainer", "workers", std::int64_t{3}));
  QCOMPARE(losses(others.result()), losses(result));

  Previewer previewer;
  const auto tokens = previewer.look(texts, {.node = "tokens", .record = 4});  // 7 letters
  QVERIFY2(tokens, tokens ? "" : tokens.error().line().c_str());
  QCOMPARE(tokens->values.front().desc.text(), std::string("i32 7"));
  QCOMPARE(form_of(tokens->values.front()), PreviewForm::Text);
  const auto bag = previewer.look(texts, {.node = "bag", .record = 4});
  QVERIFY2(bag, bag ? "" : bag.error().line().c_str());
  QCOMPARE(bag->values.front().desc.text(), std::string("f32 12"));
  const auto empty = previewer.look(texts, {.node = "linear", .record = 0});  // no letters at all
  QVERIFY2(empty, empty ? "" : empty.error().line().c_str());

  const auto plan = make_plan(texts, {});
  QVERIFY(plan);
  QCOMPARE((*plan)->train.fields.size(), std::size_t{2});
  for (const BatchField& field : (*plan)->train.fields) QCOMPARE(field.capacity, field.name == "ids" ? 48 : 0);
  QVERIFY(!(*plan)->class_names().empty());
}

void TestRun::learns() {
  RecordedRun run(small());
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  QCOMPARE(run.story(), QString("Preparing Started EpochDone Finished"));
  QCOMPARE(run.count<Started>(), 1U);
  QCOMPARE(run.count<EpochDone>(), 3U);
  QCOMPARE(run.count<Finished>(), 1U);

  QCOMPARE(result.epochs.size(), 3U);
  QVERIFY(result.epochs[2].loss(kTrainSplit) < result.epochs[0].loss(kTrainSplit));
  QVERIFY(result.epochs[2].loss(kValSplit) < 2.3);
  QVERIFY(result.epochs[2].value("accuracy", kValSplit) >= 0 && result.epochs[2].value("accuracy", kValSplit) <= 1);
  for (std::size_t i = 0; i < 3; ++i) {
    QCOMPARE(result.epochs[i].epoch, static_cast<std::uint32_t>(i + 1));
    QCOMPARE(result.epochs[i].samples, 240U);
    QVERIFY(result.epochs[i].samples_per_s > 0);
    QVERIFY(result.epochs[i].wall_s > 0);
  }
  const TrainerSample& trainer = result.last.trainer;
  QCOMPARE(trainer.steps, 3U * 8U);
  QCOMPARE(trainer.total_steps, 3U * 8U);
  QCOMPARE(trainer.samples, 3U * 240U);
  QVERIFY(trainer.times[Phase::Forward] > 0 && trainer.times[Phase::Backward] > 0 &&
          trainer.times[Phase::Optimizer] > 0);
  // The phases are the whole of the trainer's time.
  QVERIFY(std::abs(seconds(trainer.times.total()) - result.last.elapsed()) < 0.1 * result.last.elapsed() + 0.05);
  QCOMPARE(result.last.loss_curve.size(), 24U);
  QVERIFY(!result.last.stages.empty());
  QCOMPARE(result.last.stages.front().total.records, 3U * 240U);
  // After the end the figures stay.
  QCOMPARE(run.run().snapshot().trainer.steps, 24U);
}

/// Epochs of 0: it goes on until somebody stops it, and nobody says how many there will be.
void TestRun::runs_until_it_is_stopped() {
  RunOptions options;
  options.epochs = 0;
  RecordedRun run(small(), options, [](Run& running, const Fact& fact) {
    if (const auto* done = std::get_if<EpochDone>(&fact); done != nullptr && done->result.epoch == 5) running.stop();
  });
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Stopped, qPrintable(line(result)));
  QVERIFY(result.epochs.size() >= 5);
  QCOMPARE(result.last.trainer.total_steps, 0U);
  QCOMPARE(result.last.trainer.epochs, 0U);
}

/// One definition: an epoch's rate and the whole run's are of the same kind, validation is in neither.
void TestRun::rates_are_over_whole_steps_of_training() {
  RunOptions options;
  options.epochs = 1;
  RecordedRun run(small(), options);
  const RunResult& result = run.result();
  const TrainerSample& last = result.last.trainer;
  QVERIFY(last.validation.total() > 0);
  QVERIFY(last.stepped > 0 && last.stepped <= (last.times - last.validation).total());
  QCOMPARE(result.epochs.front().samples_per_s, training_rate({}, last));
}

void TestRun::same_seed_same_losses_data() {
  QTest::addColumn<int>("workers");
  QTest::newRow("again") << 1;
  QTest::newRow("two workers") << 2;
  QTest::newRow("five workers") << 5;
}

void TestRun::same_seed_same_losses() {
  QFETCH(int, workers);
  RecordedRun one(small(), {.seed = 7, .workers = 1});
  QCOMPARE(one.result().epochs.size(), 3U);
  RecordedRun other(small(), {.seed = 7, .workers = static_cast<std::size_t>(workers)});
  QCOMPARE(other.result().epochs.size(), 3U);
  QCOMPARE(other.result().execution.workers, static_cast<std::size_t>(workers));
  QCOMPARE(losses(one.result()), losses(other.result()));
}

void TestRun::other_seed_other_losses() {
  RecordedRun one(small(), {.seed = 1});
  QCOMPARE(one.result().epochs.size(), 3U);
  RecordedRun other(small(), {.seed = 2});
  QCOMPARE(other.result().epochs.size(), 3U);
  QVERIFY(losses(one.result()) != losses(other.result()));
  QCOMPARE(other.result().execution.seed, std::int64_t{2});
}

/// Names, groups and what else stands in the graph change neither augmentation nor starting weights.
void TestRun::other_names_same_losses() {
  RecordedRun plain(small(), {.seed = 7});
  QCOMPARE(plain.result().epochs.size(), 3U);
  Document document = small();
  for (const Node& node : small().nodes()) QVERIFY(document.apply(Edit{RenameNode{node.id, "renamed_" + node.id}}));
  RecordedRun renamed(document, {.seed = 7});
  QCOMPARE(losses(renamed.result()), losses(plain.result()));
  std::vector<std::string> layers;
  for (const Node& node : document.nodes())
    if (Registry::instance().find(node.type)->role == Role::Layer) layers.push_back(node.id);
  QVERIFY(layers.size() > 1);
  const auto grouped = group(document, layers);
  QVERIFY2(grouped, grouped ? "" : grouped.error().line().c_str());
  QVERIFY(document.apply(grouped->edit));
  RecordedRun inside(document, {.seed = 7});
  QCOMPARE(losses(inside.result()), losses(plain.result()));
}

void TestRun::replicas_data() {
  QTest::addColumn<int>("replicas");
  for (const int replicas : {1, 2, 3}) QTest::addRow("%d", replicas) << replicas;
}

/// Dropout, and a last batch of 16 where the others have 32: byte-equal all the same.
void TestRun::replicas() {
  QFETCH(int, replicas);
  const Document document = with(small(), "trainer", "replicas", std::int64_t{replicas});
  RecordedRun one(document);
  const RunResult& result = one.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  QCOMPARE(result.execution.replicas, replicas);
  QVERIFY(result.execution.intra_op_threads >= 1);
  QCOMPARE(QString::fromStdString(result.execution.precision), QString("float32"));
  QVERIFY(!result.execution.channels_last);  // there are no pictures after the flattening
  for (const Fact& fact : one.facts())
    if (const auto* started = std::get_if<Started>(&fact)) QCOMPARE(started->execution.replicas, replicas);
  QCOMPARE(result.last.trainer.samples, 3U * 240U);
  QVERIFY(result.epochs[2].loss(kTrainSplit) < result.epochs[0].loss(kTrainSplit));
  QVERIFY(result.last.trainer.times[Phase::Forward] > 0 && result.last.trainer.times[Phase::Backward] > 0);
  RecordedRun again(document);
  QCOMPARE(losses(again.result()), losses(result));
}

void TestRun::names_the_precision_that_is_not_there() {
  RecordedRun half(with(small(), "trainer", "precision", std::string("float16")));
  QVERIFY(half.result().failure.has_value());
  QCOMPARE(half.result().failure->node + '.' + half.result().failure->parameter, std::string("trainer.precision"));
  QVERIFY2(half.result().failure->remedy.find("bfloat16") != std::string::npos, half.result().failure->remedy.c_str());

  RecordedRun run(with(small(), "trainer", "precision", std::string("bfloat16")));
  const RunResult& result = run.result();
  if (result.end == RunResult::End::Completed) {
    QCOMPARE(QString::fromStdString(result.execution.precision), QString("bfloat16"));
    QVERIFY(result.epochs[2].loss(kTrainSplit) < result.epochs[0].loss(kTrainSplit));
    return;
  }
  QCOMPARE(QString::fromStdString(result.failure->node), QString("trainer"));
  QCOMPARE(QString::fromStdString(result.failure->parameter), QString("precision"));
  QVERIFY(!result.failure->remedy.empty());
}

void TestRun::stops_within_an_epoch() {
  RecordedRun run(small(), {.epochs = 100000}, [](Run& r, const Fact& fact) {
    if (std::holds_alternative<EpochDone>(fact)) r.stop();
  });
  const RunResult& result = run.result();
  QVERIFY(result.end == RunResult::End::Stopped);
  QVERIFY(!result.failure);
  QCOMPARE(result.epochs.size(), 1U);
  QCOMPARE(run.story(), QString("Preparing Started EpochDone Finished"));
}

void TestRun::stops_while_preparing() {
  RecordedRun run(small(), {}, [](Run& r, const Fact& fact) {
    if (std::holds_alternative<Preparing>(fact)) r.stop();
  });
  QVERIFY(run.result().end == RunResult::End::Stopped);
  QCOMPARE(run.story(), QString("Preparing Finished"));
}

void TestRun::ends_when_destroyed() {
  std::atomic<int> finished = 0;
  std::atomic<bool> running = false;
  {
    const auto run = Run::start(with(small(), "trainer", "epochs", std::int64_t{100000}), {}, [&](const Fact& fact) {
      if (std::holds_alternative<Finished>(fact)) ++finished;
      if (std::holds_alternative<EpochDone>(fact)) running = true;
    });
    QTRY_VERIFY_WITH_TIMEOUT(running, 120000);
  }
  QCOMPARE(finished.load(), 1);
}

void TestRun::paused_stands_still_and_changes_nothing() {
  RecordedRun plain(small(), {.seed = 3});
  QVERIFY(plain.result().end == RunResult::End::Completed);
  RecordedRun paused(small(), {.seed = 3}, [](Run& r, const Fact& fact) {
    const auto* epoch = std::get_if<EpochDone>(&fact);
    if (epoch != nullptr && epoch->result.epoch == 1) r.pause();
  });
  QVERIFY(paused.wait_for<EpochDone>());
  QTRY_VERIFY(paused.run().paused());
  // While it rests neither steps nor waiting time are counted.
  QTRY_VERIFY_WITH_TIMEOUT(
      [&] {
        const TrainerSample before = paused.run().snapshot().trainer;
        QTest::qWait(20);
        const TrainerSample after = paused.run().snapshot().trainer;
        return before.steps == after.steps && before.times.total() == after.times.total();
      }(),
      30000);
  QCOMPARE(paused.run().snapshot().trainer.steps, 8U);
  QVERIFY(!paused.run().wait_for(std::chrono::milliseconds(0)));
  paused.run().resume();
  QCOMPARE(losses(paused.result()), losses(plain.result()));
  QVERIFY(paused.result().end == RunResult::End::Completed);
}

void TestRun::ends_after_max_steps_data() {
  QTest::addColumn<qulonglong>("steps");
  QTest::addColumn<int>("epochs");
  QTest::addColumn<bool>("validated");
  QTest::newRow("within the first epoch") << 3ULL << 1 << false;
  QTest::newRow("at its end") << 8ULL << 1 << true;
  QTest::newRow("within the second") << 9ULL << 2 << false;
}

void TestRun::ends_after_max_steps() {
  QFETCH(qulonglong, steps);
  QFETCH(int, epochs);
  QFETCH(bool, validated);
  RecordedRun run(small(), {.max_steps = steps});
  const RunResult& result = run.result();
  QVERIFY(result.end == RunResult::End::Completed);
  QCOMPARE(result.last.trainer.steps, steps);
  QCOMPARE(result.last.trainer.total_steps, steps);
  QCOMPARE(result.epochs.size(), static_cast<std::size_t>(epochs));
  QVERIFY(std::isfinite(result.epochs.back().loss(kTrainSplit)));
  QCOMPARE(std::isfinite(result.epochs.back().loss(kValSplit)), validated);
}

void TestRun::ends_after_max_seconds() {
  RecordedRun run(small(), {.epochs = 1000000, .max_seconds = 0.2});
  QVERIFY(run.result().end == RunResult::End::Completed);
  QVERIFY(run.result().last.trainer.steps < 8000000U);
}

void TestRun::drains_without_learning() {
  RecordedRun run(small(), {.train = false});
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  QCOMPARE(result.last.trainer.samples, 3U * 240U);
  QCOMPARE(result.last.trainer.times[Phase::Forward], Nanos{0});
  QVERIFY(std::isnan(result.epochs.front().loss(kTrainSplit)));
  QCOMPARE(result.epochs.size(), 3U);
}

void TestRun::refuses_data() {
  QTest::addColumn<QString>("node");
  QTest::addColumn<QString>("param");
  QTest::addColumn<QString>("value");
  QTest::addColumn<QString>("says");
  QTest::newRow("no such device") << "trainer"
                                  << "device"
                                  << "tpu"
                                  << "'tpu' is no device";
  QTest::newRow("device not there") << "trainer"
                                    << "device"
                                    << "cuda:127"
                                    << "cuda:127";
  QTest::newRow("missing file") << "source"
                                << "images"
                                << "/nowhere/images"
                                << "/nowhere/images";
}

void TestRun::refuses() {
  QFETCH(QString, node);
  QFETCH(QString, param);
  QFETCH(QString, value);
  QFETCH(QString, says);
  RecordedRun run(with(small(), node.toStdString(), param.toStdString(), value.toStdString()));
  const RunResult& result = run.result();
  QVERIFY(result.end == RunResult::End::Failed);
  QVERIFY(result.failure.has_value());
  QVERIFY(result.failure->code == ErrorCode::BadInput);
  QCOMPARE(QString::fromStdString(result.failure->node), node);
  QCOMPARE(QString::fromStdString(result.failure->parameter), param);
  QVERIFY2(line(result).contains(says), qPrintable(line(result)));
  QVERIFY(!result.failure->remedy.empty());
  QCOMPARE(run.story(), QString("Preparing Finished"));
}

void TestRun::names_the_loss_that_is_no_number() {
  RecordedRun run(with(small(), "adam", "learning_rate", 1e30));
  const RunResult& result = run.result();
  QVERIFY(result.end == RunResult::End::Failed);
  QVERIFY(result.failure->code == ErrorCode::Failed);
  QCOMPARE(QString::fromStdString(result.failure->node), QString("loss"));
  QVERIFY2(line(result).contains("adam.learning_rate"), qPrintable(line(result)));
}

void TestRun::ends_when_all_records_are_bad() {
  QTemporaryDir pictures;
  for (const char* name : {"/a/1.jpg", "/a/2.jpg", "/b/3.jpg", "/b/4.jpg"})
    write_file(pictures.path() + name, "this is a letter, not a picture");
  Graph graph(
      "source:image_folder decode:decode resize:resize normalise:normalise batch:batch flatten:flatten last:linear "
      "loss:cross_entropy adam:adam trainer:trainer source.file>decode.file decode.image>resize.image "
      "resize.image>normalise.image normalise.image>batch.image source.label>batch.label batch.image>flatten.x "
      "flatten.y>last.x last.y>loss.prediction batch.label>loss.target loss.loss>trainer.loss "
      "adam.optimizer>trainer.optimizer");
  graph.set("source", "folder", pictures.path().toStdString());
  RecordedRun run(graph.document());
  const RunResult& result = run.result();
  QVERIFY(result.end == RunResult::End::Failed);
  QVERIFY2(run.count<RecordFailed>() >= 1U, qPrintable(line(result)));
  std::uint64_t bad = 0;
  for (const RecordError& error : result.errors) bad += error.count;
  QVERIFY(bad >= 4U);  // the workers may have begun the next epoch
  QCOMPARE(QString::fromStdString(result.errors.front().error.node), QString("decode"));
  QVERIFY(QString::fromStdString(result.errors.front().error.file).endsWith(".jpg"));
  QCOMPARE(run.count<Finished>(), 1U);
}

void TestRun::survives_a_receiver_that_throws() {
  RecordedRun run(small(), {}, [](Run&, const Fact&) { throw std::runtime_error("receiver"); });
  QVERIFY(run.result().end == RunResult::End::Completed);
}

/// However late a watcher asks.
void TestRun::no_snapshot_is_newer_than_the_end() {
  RecordedRun run(small());
  const Nanos end = run.result().last.at;
  QVERIFY(end > 0);
  const Snapshot late = run.run().snapshot();
  QCOMPARE(late.at, end);
  QCOMPARE(late.trainer.steps, run.result().last.trainer.steps);
}

void TestRun::validates_on_a_connected_batch() {
  Document document = small();
  const QString other = folder_.path() + "/other";
  write_file(other + "/images", idx_images(70));
  write_file(other + "/labels", idx_labels(70));
  for (const Edit& edit :
       {Edit{AddNode{{.id = "vsource", .type = "idx"}}}, Edit{AddNode{{.id = "vnorm", .type = "normalise"}}},
        Edit{AddNode{{.id = "vbatch", .type = "batch"}}},
        Edit{AddLink{{.from = {"vsource", "image"}, .to = {"vnorm", "image"}}}},
        Edit{AddLink{{.from = {"vnorm", "image"}, .to = {"vbatch", "image"}}}},
        Edit{AddLink{{.from = {"vsource", "label"}, .to = {"vbatch", "label"}}}},
        Edit{AddLink{{.from = {"vbatch", "batch"}, .to = {"trainer", "validation"}}}},
        Edit{SetParam{"vsource", "images", (other + "/images").toStdString()}},
        Edit{SetParam{"vsource", "labels", (other + "/labels").toStdString()}}})
    QVERIFY(document.apply(edit).has_value());
  RecordedRun run(with(document, "trainer", "validation_split", 0.0));
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  QCOMPARE(result.epochs.front().samples, 320U);
  for (const EpochResult& epoch : result.epochs) QVERIFY(std::isfinite(epoch.loss(kValSplit)));
}

/// The digit as a number: what applies to classes is not measured, what applies to numbers is.
void TestRun::numbers_are_learnt_and_measured() {
  Graph graph(
      "source:idx shuffle:shuffle normalise:normalise batch:batch flatten:flatten hidden:linear relu:relu last:linear "
      "loss:mse adam:adam trainer:trainer source.image>shuffle.sample source.label>shuffle.label "
      "shuffle.sample>normalise.image normalise.image>batch.image shuffle.label>batch.label batch.image>flatten.x "
      "flatten.y>hidden.x hidden.y>relu.x relu.y>last.x last.y>loss.prediction batch.label>loss.target "
      "loss.loss>trainer.loss adam.optimizer>trainer.optimizer");
  graph.set("source", "images", (folder_.path() + "/images").toStdString())
      .set("source", "labels", (folder_.path() + "/labels").toStdString())
      .set("hidden", "units", std::int64_t{32})
      .set("last", "units", std::int64_t{1})
      .set("trainer", "validation_split", 0.25)
      .set("trainer", "device", std::string("cpu"))
      .set("trainer", "epochs", std::int64_t{6});
  RecordedRun run(graph.document());
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  const EpochResult& first = result.epochs.front();
  const EpochResult& last = result.epochs.back();
  QVERIFY2(last.loss(kTrainSplit) < 0.5 * first.loss(kTrainSplit), qPrintable(QString::number(last.loss(kTrainSplit))));
  QVERIFY(last.evaluation == nullptr);
  QVERIFY(std::any_of(result.notices.begin(), result.notices.end(),
                      [](const auto& notice) { return notice.error.node == "loss" && notice.error.port == "target"; }));
  for (const MetricValue& metric : last.metrics) {
    QVERIFY2(metric.name != "accuracy" && metric.name != "macro F1", metric.name.c_str());
    const double before = first.value(metric.name, metric.split);
    QVERIFY2((metric.value > before) == metric.higher_is_better, metric_title(metric).c_str());
  }
}

/// Two heads on one trunk: the sum is minimised, each loss is measured under its own name.
void TestRun::losses_are_summed() {
  Graph graph(
      "source:idx shuffle:shuffle normalise:normalise batch:batch flatten:flatten hidden:linear relu:relu "
      "classes:linear number:linear digit:cross_entropy size:mse both:weighted_sum adam:adam trainer:trainer "
      "source.image>shuffle.sample source.label>shuffle.label shuffle.sample>normalise.image "
      "normalise.image>batch.image shuffle.label>batch.label batch.image>flatten.x flatten.y>hidden.x hidden.y>relu.x "
      "relu.y>classes.x relu.y>number.x classes.y>digit.prediction batch.label>digit.target number.y>size.prediction "
      "batch.label>size.target digit.loss>both.a size.loss>both.b both.loss>trainer.loss "
      "adam.optimizer>trainer.optimizer");
  graph.set("source", "images", (folder_.path() + "/images").toStdString())
      .set("source", "labels", (folder_.path() + "/labels").toStdString())
      .set("hidden", "units", std::int64_t{32})
      .set("number", "units", std::int64_t{1})
      .set("both", "weight_b", 0.05)
      .set("trainer", "validation_split", 0.25)
      .set("trainer", "device", std::string("cpu"))
      .set("trainer", "epochs", std::int64_t{2});
  RecordedRun run(graph.document());
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  const EpochResult& last = result.epochs.back();
  QVERIFY(last.loss(kTrainSplit) < result.epochs.front().loss(kTrainSplit));
  QVERIFY(last.evaluation != nullptr);  // of the loss that has classes
  for (const MetricValue& metric : last.metrics)
    QVERIFY2(metric.name == kLossMetric || metric.name.ends_with(" (digit)") || metric.name.ends_with(" (size)"),
             metric.name.c_str());
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < last.evaluation->classes; ++i) right += last.evaluation->count(i, i);
  const std::uint64_t all = std::accumulate(last.evaluation->counts.begin(), last.evaluation->counts.end(), 0UL);
  QVERIFY(std::abs(static_cast<double>(right) / static_cast<double>(all) - last.value("accuracy (digit)", kValSplit)) <
          1e-9);
}

FEEDLINE_TEST(TestRun)

}  // namespace test_run

#include "test_run.moc"
