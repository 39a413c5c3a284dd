// SPDX-License-Identifier: GPL-3.0-or-later
// Weights from files, what is frozen and for how long, and that a frozen part runs once.
#include "diagnosis/fixes/insert_cache.h"
#include "graph/edit.h"
#include "graph/frozen.h"
#include "graph/json.h"
#include "networks.h"
#include "state/safetensors.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/thread_group.h"
#include "training/collect_state.h"
#include "training/frozen_part.h"
#include "training/load_weights.h"
#include "training/weights_notice.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

namespace test_freezing {

using namespace feedline;
using namespace feedline::test;

namespace {

TensorDesc small_pictures() { return {.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 3, 32, 32}}; }

/// A narrow backbone with these settings, and a head behind it.
ModelPlan backbone_network(ParamMap settings, const char* optimizer = "adam", ParamMap of_optimizer = {}) {
  settings["width"] = 0.05;
  of_optimizer["learning_rate"] = 0.01;
  return network({{"mobilenet_v2", settings}, linear(kClasses)}, small_pictures(), optimizer, of_optimizer);
}

std::unique_ptr<Replicas> team_of(const ModelPlan& plan, std::size_t count = 1) {
  auto made = Replicas::build(plan, model_of(plan), {.count = count, .intra_op_threads = 1, .seed = 11, .stop = {}});
  if (!made) qFatal("%s", made.error().line().c_str());
  return std::move(*made);
}

void step(Replicas& team, int turn = 0) {
  TrainerMeter meter;
  (void)team.train(batch(8, small_pictures(), turn), meter);
}

NamedTensors values(const std::vector<Model::Named>& tensors) {
  NamedTensors all;
  for (const auto& [name, tensor] : tensors) all.emplace(name, kept_value(tensor));
  return all;
}

/// Names of tensors of which the beginning is this, and whose values differ.
int changed(const NamedTensors& before, const NamedTensors& now, const std::string& beginning = {}) {
  int count = 0;
  for (const auto& [name, value] : now)
    if (name.starts_with(beginning) && before.at(name) != value) ++count;
  return count;
}

/// Weights as a file has them: without the node's name, and with a classifier.
NamedTensors published(const Model& model) {
  NamedTensors all;
  const auto module = model.layer(0).module();
  for (const auto& item : module->named_parameters()) all.emplace(item.key(), kept_value(item.value()));
  for (const auto& item : module->named_buffers()) all.emplace(item.key(), kept_value(item.value()));
  all.emplace("classifier.1.weight", TensorValue::of(std::vector<float>{1, 2, 3}));
  return all;
}

QString refusal(const Model& model) {
  const auto loaded = load_weights(model, {});
  return loaded ? QString("it was loaded") : QString::fromStdString(loaded.error().line());
}

/// Pictures of a folder, a frozen backbone and a head: %1 the folder, %2 the weights, %3 what the backbone keeps.
constexpr char kFrozenGraph[] = R"({"feedline": 1, "nodes": [
    {"id": "source", "type": "image_folder", "params": {"folder": "%1"}},
    {"id": "decode", "type": "decode", "version": 2},
    {"id": "resize", "type": "resize", "params": {"width": 32, "height": 32}},
    {"id": "normalise", "type": "normalise"},
    {"id": "batch", "type": "batch", "params": {"size": 5}},
    {"id": "backbone", "type": "mobilenet_v2", "params": {"width": 0.05, "weights": "%2", "frozen": "all", "cache": "%3"}},
    {"id": "head", "type": "linear", "params": {"units": 0}},
    {"id": "loss", "type": "cross_entropy"},
    {"id": "adam", "type": "adam"},
    {"id": "trainer", "type": "trainer", "params": {"epochs": 3, "validation_split": 0.25, "replicas": 2, "prefetch": 1}}
  ], "links": [
    {"from": "source.file", "to": "decode.file"}, {"from": "decode.image", "to": "resize.image"},
    {"from": "resize.image", "to": "normalise.image"}, {"from": "normalise.image", "to": "batch.image"},
    {"from": "source.label", "to": "batch.label"}, {"from": "batch.image", "to": "backbone.x"},
    {"from": "backbone.y", "to": "head.x"}, {"from": "head.y", "to": "loss.prediction"},
    {"from": "batch.label", "to": "loss.target"}, {"from": "loss.loss", "to": "trainer.loss"},
    {"from": "adam.optimizer", "to": "trainer.optimizer"}]})";

}  // namespace

class TestFreezing : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};

  std::string write(const char* name, const NamedTensors& tensors) {
    const std::string path = folder_.filePath(name).toStdString();
    if (!write_safetensors(path, views_of(tensors))) qFatal("cannot write");
    return path;
  }

 private Q_SLOTS:
  void what_is_frozen_stays_to_the_last_bit() {
    const ModelPlan plan = backbone_network({{"frozen", std::string("all")}}, "adam",
                                            {{"weight_decay", 0.1}, {"ema", 0.9}, {"clip_norm", 1.0}});
    const auto team = team_of(plan, 2);
    const Model& model = team->model();
    const NamedTensors frozen = values(model.named_frozen());
    const NamedTensors statistics = values(model.named_buffers());
    const NamedTensors head = values(model.named_parameters());
    QVERIFY(frozen.size() > 100);
    QCOMPARE(head.size(), std::size_t{2});
    QVERIFY(team->parameters().values().numel() < 5000);  // the head's, and what fills up cache lines
    for (int turn = 0; turn < 3; ++turn) step(*team, turn);
    QCOMPARE(changed(frozen, values(model.named_frozen())), 0);
    QCOMPARE(changed(statistics, values(model.named_buffers())), 0);
    QCOMPARE(changed(head, values(model.named_parameters())), 2);
    // In memory once, whatever the replicas.
    QCOMPARE(team->model(1).named_frozen().front().tensor.data_ptr(), model.named_frozen().front().tensor.data_ptr());
    // A checkpoint has all of it, so that it predicts without the file.
    const auto state = collect_state(*team);
    QVERIFY(state);
    QCOMPARE(state->parameters.size(), frozen.size() + 2);
    const auto other = team_of(plan);
    QVERIFY(restore_state(*state, *other));
    QCOMPARE(changed(frozen, values(other->model().named_frozen())), 0);
  }

  void the_last_stages_learn() {
    const ModelPlan plan = backbone_network({{"frozen", std::string("stages")}, {"trainable_stages", std::int64_t{1}}});
    const auto team = team_of(plan);
    const NamedTensors before = collect_state(*team)->parameters;
    const NamedTensors statistics = values(team->model().named_buffers());
    step(*team);
    const NamedTensors now = collect_state(*team)->parameters;
    QVERIFY(changed(before, now, "mobilenet_v20.features.18") > 0);
    QCOMPARE(changed(before, now, "mobilenet_v20.features.1."), 0);
    const NamedTensors moved = values(team->model().named_buffers());
    QVERIFY(changed(statistics, moved, "mobilenet_v20.features.18") > 0);
    QCOMPARE(changed(statistics, moved, "mobilenet_v20.features.1."), 0);
  }

  void layers_are_frozen_by_name_data() {
    QTest::addColumn<bool>("statistics");
    QTest::newRow("with statistics") << true;
    QTest::newRow("without") << false;
  }
  void layers_are_frozen_by_name() {
    QFETCH(const bool, statistics);
    ModelPlan plan = picture_network();
    plan.freezing = {.freeze = {"conv2d0", "batch_norm*"}, .freeze_statistics = statistics};
    const auto team = team_of(plan);
    const NamedTensors before = collect_state(*team)->parameters;
    const NamedTensors buffers = values(team->model().named_buffers());
    TrainerMeter meter;
    (void)team->train(batch(8, pictures()), meter);
    const NamedTensors now = collect_state(*team)->parameters;
    QCOMPARE(changed(before, now, "conv2d0."), 0);
    QCOMPARE(changed(before, now, "batch_norm1."), 0);
    QVERIFY(changed(before, now, "conv2d4.") > 0);
    QCOMPARE(changed(buffers, values(team->model().named_buffers())) == 0, statistics);

    plan.freezing.freeze = {"head*"};
    const auto none = Model::build(plan, at::kCPU, 3);
    QVERIFY(!none && none.error().parameter == "freeze" && none.error().remedy.find("conv2d4") != std::string::npos);
  }

  void rates_go_down_with_depth() {
    const auto moved = [](double decay) {
      const ModelPlan plan = network({linear(8), {"relu"}, linear(8), {"relu"}, linear(kClasses)}, features(), "sgd",
                                     {{"learning_rate", 0.5}, {"momentum", 0.0}, {"depth_decay", decay}});
      const auto team = team_of(plan);
      std::vector<at::Tensor> before;
      for (const at::Tensor& one : team->model().parameters()) before.push_back(one.detach().clone());
      TrainerMeter meter;
      (void)team->train(batch(8, features()), meter);
      std::vector<at::Tensor> all;
      for (std::size_t i = 0; i < before.size(); ++i) all.push_back(team->model().parameters()[i].detach() - before[i]);
      return all;
    };
    const auto plain = moved(1);
    const auto decayed = moved(0.5);
    const std::vector<double> shares = {0.25, 0.25, 0.5, 0.5, 1, 1};  // weight and bias of each layer
    QCOMPARE(plain.size(), shares.size());
    for (std::size_t i = 0; i < shares.size(); ++i) {
      QVERIFY(plain[i].abs().max().item<float>() > 0);
      QVERIFY2(at::allclose(decayed[i], plain[i] * shares[i], 1e-3, 1e-7), qPrintable(QString::number(i)));
    }
  }

  void more_learns_from_epoch_to_epoch() {
    const ModelPlan plan =
        backbone_network({{"frozen", std::string("all")}, {"unfreeze_every", std::int64_t{2}}}, "adam");
    const auto team = team_of(plan, 2);
    QVERIFY(!team->learn_in(1));
    NamedTensors before = collect_state(*team)->parameters;
    for (int turn = 0; turn < 5; ++turn) step(*team, turn);
    NamedTensors now = collect_state(*team)->parameters;
    QCOMPARE(changed(before, now, "mobilenet_v20."), 0);
    QVERIFY(!team->learn_in(2));
    QVERIFY(team->learn_in(3));
    before = std::move(now);
    step(*team, 5);
    now = collect_state(*team)->parameters;
    QVERIFY(changed(before, now, "mobilenet_v20.features.18") > 0);
    QCOMPARE(changed(before, now, "mobilenet_v20.features.17"), 0);
    // Adam's first step of a weight is no longer than the rate; counted from the run's first step it would be thrice.
    const std::string name = "mobilenet_v20.features.18.0.weight";
    const at::Tensor by = (tensor_of(now.at(name)) - tensor_of(before.at(name))).abs().max();
    QVERIFY2(by.item<float>() > 0.005F && by.item<float>() < 0.0101F, qPrintable(QString::number(by.item<float>())));

    // What goes on from there has the same bytes.
    const auto state = collect_state(*team);
    const auto other = team_of(plan, 2);
    const Status restored = restore_state(*state, *other);
    QVERIFY2(restored, restored ? "" : restored.error().line().c_str());
    QVERIFY(other->learn_in(3));
    for (Replicas* one : {team.get(), other.get()}) {
      step(*one, 6);
      (void)one->learn_in(5);  // a stage more
      step(*one, 7);
    }
    const NamedTensors here = collect_state(*team)->parameters;
    QVERIFY(changed(now, here, "mobilenet_v20.features.17") > 0);
    QCOMPARE(changed(here, collect_state(*other)->parameters), 0);
  }

  void weights_are_loaded_by_name() {
    const auto teacher = model_of(backbone_network({}));
    const NamedTensors tensors = published(*teacher);
    ModelPlan plan = backbone_network({{"weights", write("all.safetensors", tensors)}, {"frozen", std::string("all")}});
    plan.layers.front().stream = 77;  // other starting weights
    const auto student = model_of(plan);
    QVERIFY(!published(*student).at("features.0.0.weight").data.empty());
    QVERIFY(published(*student) != tensors);
    const auto loaded = load_weights(*student, {});
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QCOMPARE(published(*student), tensors);
    QCOMPARE(loaded->size(), std::size_t{1});
    QVERIFY(loaded->front().whole());
    QCOMPARE(loaded->front().taken, tensors.size() - 1);  // not the classifier
    QCOMPARE(loaded->front().digest.size(), std::size_t{64});

    const auto with_digest = [&](const std::string& digest) {
      ModelPlan asked = plan;
      asked.layers.front().params["digest"] = digest;
      return refusal(*model_of(asked));
    };
    QCOMPARE(with_digest(loaded->front().digest.substr(0, 10)), QString("it was loaded"));
    QVERIFY(with_digest("0123456789").contains("SHA-256"));
    ModelPlan none = backbone_network({{"frozen", std::string("all")}});
    QVERIFY(refusal(*model_of(none)).contains("example:small"));
    QVERIFY(load_weights(*model_of(none), {}, true));  // a checkpoint has them
  }

  void what_does_not_fit_is_listed() {
    NamedTensors tensors = published(*model_of(backbone_network({})));
    tensors.erase("features.18.1.bias");
    tensors.erase("features.0.1.num_batches_tracked");  // old files lack it: no fault
    tensors["features.0.1.bias"] = TensorValue::of(std::vector<float>{1, 2, 3});
    tensors["features.19.0.weight"] = TensorValue::of(std::vector<float>{1});
    const std::string path = write("some.safetensors", tensors);
    const QString strict = refusal(*model_of(backbone_network({{"weights", path}})));
    for (const char* part : {"features.18.1.bias", "features.0.1.bias (3, here 8)", "features.19.0.weight", "strict"})
      QVERIFY2(strict.contains(part), qPrintable(strict));
    QVERIFY(!strict.contains("num_batches_tracked"));
    const auto loaded = load_weights(*model_of(backbone_network({{"weights", path}, {"strict", false}})), {});
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QCOMPARE(loaded->front().missing, std::vector<std::string>{"features.18.1.bias"});
    QCOMPARE(loaded->front().unfit.size(), std::size_t{1});
    QCOMPARE(loaded->front().unexpected, std::vector<std::string>{"features.19.0.weight"});

    const std::string other = write("other.safetensors", {{"conv1.weight", TensorValue::of(std::vector<float>{1})}});
    QVERIFY(refusal(*model_of(backbone_network({{"weights", other}, {"strict", false}}))).contains("no tensor"));
  }

  void the_frozen_part_is_found() {
    // 0: flatten of field 0, 1: a backbone, 2: flatten behind it, 3: what learns, of 2 and of field 1.
    ModelPlan plan;
    const auto add = [&plan](const char* node, std::vector<LayerPlan::Input> from) {
      LayerPlan layer{.node = node};
      layer.output = {.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 5}};
      layer.from = std::move(from);
      plan.layers.push_back(std::move(layer));
    };
    add("flat", {{.field = 0}});
    add("backbone", {{.layer = 0}});
    add("behind", {{.layer = 1}});
    add("head", {{.layer = 2}, {.field = 1}});
    plan.loss.from = {{.layer = 3}, {.field = 2}};
    const std::vector<bool> constant{true, true, true, false};
    const std::vector<bool> worth{false, true, false, false};
    const FrozenPart part = find_frozen_part(plan, constant, worth, {true, true, true});
    QCOMPARE(part.borders.size(), std::size_t{1});
    QCOMPARE(part.borders.front().node, std::string("behind"));
    QCOMPARE(part.borders.front().run, (std::vector<bool>{true, true, true, false}));
    QCOMPARE(part.rest, (std::vector<bool>{false, false, false, true}));
    QCOMPARE(part.spared, std::vector<std::size_t>{0});
    // Drawn anew in each epoch; nothing that is worth it; read by what learns as well.
    QVERIFY(find_frozen_part(plan, constant, worth, {false, true, true}).borders.empty());
    QVERIFY(find_frozen_part(plan, constant, {false, false, false, false}, {true, true, true}).borders.empty());
    plan.layers[3].from[1].field = 0;
    QCOMPARE(find_frozen_part(plan, constant, worth, {true, true, true}).spared, std::vector<std::size_t>{kNoField});
  }

  void the_canvas_is_told() {
    Document document;
    const auto add = [&document](const char* id, const char* type, ParamMap params) {
      if (auto added = document.apply({AddNode{.node = {.id = id, .type = type, .params = std::move(params)}}}); !added)
        qFatal("%s", added.error().line().c_str());
    };
    add("conv1", "conv2d", {});
    add("head", "linear", {});
    add("whole", "mobilenet_v2", {{"frozen", std::string("all")}});
    add("thawing", "mobilenet_v2", {{"frozen", std::string("all")}, {"unfreeze_every", std::int64_t{2}}});
    add("learning", "mobilenet_v2", {});
    add("normalise", "normalise", {{"preset", std::string("half")}});
    add("trainer", "trainer", {{"freeze", ValueList{std::string("conv*")}}});
    const std::vector<std::string> patterns = freeze_patterns(document);
    QCOMPARE(patterns, std::vector<std::string>{"conv*"});
    const auto share = [&](const char* id) {
      const Node& node = *document.find(id);
      return frozen_share(node, spec_of(node.type.c_str()), id, patterns);
    };
    QCOMPARE(share("conv1"), Frozen::Wholly);
    QCOMPARE(share("whole"), Frozen::Wholly);
    QCOMPARE(share("thawing"), Frozen::Partly);
    for (const char* id : {"head", "learning", "trainer"}) QCOMPARE(share(id), Frozen::Nothing);

    const auto notice = normalise_notice(document, "whole", "resnet50-0676ba61.pth");
    QVERIFY(notice && notice->remedy.find("imagenet") != std::string::npos);
    QVERIFY(!normalise_notice(document, "whole", "mine.pth"));  // nobody knows what these are for
    QVERIFY(document.apply({SetParam{.node = "normalise", .param = "preset", .value = std::string("imagenet")}}));
    QVERIFY(!normalise_notice(document, "whole", "resnet50-0676ba61.pth"));
  }

  void a_frozen_part_runs_once() {
    write_picture_folder(folder_.filePath("photos"), 12);
    const std::string weights = write("backbone.safetensors", published(*model_of(backbone_network({}))));
    const auto outcome = [&](const char* cache) {
      const auto loaded = from_json(
          QString(kFrozenGraph).arg(folder_.filePath("photos"), QString::fromStdString(weights), cache).toStdString());
      if (!loaded) qFatal("%s", loaded.error().line().c_str());
      RecordedRun run(loaded->document, {.cache_folder = folder_.filePath("cache").toStdString()});
      return run.result();
    };
    const RunResult kept = outcome("auto");
    const RunResult anew = outcome("off");
    const RunResult again = outcome("auto");  // with what the first run has left
    QVERIFY2(kept.end == RunResult::End::Completed, kept.failure ? kept.failure->line().c_str() : "");
    QVERIFY(anew.end == RunResult::End::Completed);
    QCOMPARE(kept.epochs.size(), std::size_t{3});
    for (std::size_t i = 0; i < 3; ++i) {
      QCOMPARE(kept.epochs[i].loss(kTrainSplit), anew.epochs[i].loss(kTrainSplit));  // to the last bit
      QCOMPARE(kept.epochs[i].loss(kValSplit), anew.epochs[i].loss(kValSplit));
      QCOMPARE(again.epochs[i].loss(kTrainSplit), anew.epochs[i].loss(kTrainSplit));
    }
    const FrozenSample& frozen = kept.last.trainer.frozen;
    QCOMPARE(frozen.node, std::string("backbone"));
    QCOMPARE(frozen.rows - frozen.hits, std::uint64_t{24});  // each record once, of training and validation
    QCOMPARE(frozen.kept.records, std::uint64_t{24});
    QVERIFY(anew.last.trainer.frozen.node.empty());
    QCOMPARE(again.last.trainer.frozen.hits, again.last.trainer.frozen.rows);
    QCOMPARE(again.last.trainer.frozen.rows, std::uint64_t{72});
    const auto decoded = [](const RunResult& result) {
      for (const StageSample& stage : result.last.stages)
        if (stage.node == "decode") return stage.total.records;
      return std::uint64_t{0};
    };
    QCOMPARE(decoded(anew), std::uint64_t{54});                                // of training: 18 records in each epoch
    QVERIFY2(decoded(kept) < 54, qPrintable(QString::number(decoded(kept))));  // what is read ahead is, once more
  }

  /// Also for ranks that have other records in each epoch: what one has worked out, all have.
  void a_frozen_part_runs_once_for_all_ranks() {
    write_picture_folder(folder_.filePath("of ranks"), 12);
    const std::string weights = write("ranks.safetensors", published(*model_of(backbone_network({}))));
    auto loaded = from_json(
        QString(kFrozenGraph).arg(folder_.filePath("of ranks"), QString::fromStdString(weights), "auto").toStdString());
    QVERIFY(loaded);
    const auto edit =
        insert_behind(loaded->document, Registry::instance(), {"source", "file"}, "shuffle", "sample", {});
    QVERIFY(edit && loaded->document.apply(*edit));
    RunOptions options;
    options.cache_folder = folder_.filePath("alone").toStdString();
    RecordedRun alone(loaded->document, options);
    QVERIFY(alone.result().end == RunResult::End::Completed);

    options.cache_folder = folder_.filePath("together").toStdString();
    ThreadRanks group(2);
    std::vector<std::unique_ptr<RecordedRun>> ranks;
    for (int rank = 0; rank < 2; ++rank) {
      options.group = group.rank(rank);
      ranks.push_back(
          std::make_unique<RecordedRun>(with(loaded->document, "trainer", "replicas", std::int64_t{1}), options));
    }
    options.group.reset();
    std::uint64_t rows = 0;
    std::uint64_t hits = 0;
    for (const auto& rank : ranks) {
      const RunResult& found = rank->result();
      QVERIFY2(!found.failure, found.failure ? found.failure->line().c_str() : "");
      for (std::size_t i = 0; i < 3; ++i)
        for (const auto split : {kTrainSplit, kValSplit})
          QCOMPARE(found.epochs[i].loss(split), alone.result().epochs[i].loss(split));  // to the last bit
      QCOMPARE(found.last.trainer.frozen.kept.records, std::uint64_t{24});
      rows += found.last.trainer.frozen.rows;
      hits += found.last.trainer.frozen.hits;
    }
    QCOMPARE(rows, std::uint64_t{72});
    QCOMPARE(rows - hits, std::uint64_t{24});
  }
};

FEEDLINE_TEST(TestFreezing)

}  // namespace test_freezing

#include "test_freezing.moc"
