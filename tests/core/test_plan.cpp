// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"
#include "graph/json.h"
#include "plan/plan.h"
#include "support/fake_nodes.h"
#include "support/machine.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <set>
#include <string>
#include <unistd.h>

namespace test_plan {

using namespace feedline;
using feedline::test::Graph;
using feedline::test::trainable;

namespace {

Result<std::shared_ptr<const Plan>> plan_of(const Graph& graph) {
  return make_plan(graph.document(), {}, nullptr, test::fake_registry());
}

/// A second source with its own batch, wired to the trainer's validation input.
Graph with_validation(const std::string& into_batch = "vsource.image>vresize.image vresize.image>vbatch.image") {
  return trainable().add("vsource:pictures vresize:resize vbatch:batch " + into_batch +
                         " vsource.label>vbatch.label vbatch.batch>trainer.validation");
}

/// The trainable graph less one wire, plus what `text` adds.
Graph rewired(const PortRef& cut, const std::string& text) {
  Document document = trainable().document();
  (void)document.apply({RemoveLink{cut}});
  Graph graph;
  for (const Node& n : document.nodes()) graph.add(n.id + ":" + n.type);
  for (const Link& l : document.links()) graph.add(l.from.text() + ">" + l.to.text());
  return graph.add(text);
}

std::set<std::uint64_t> drawn(const SamplerPlan& sampler, std::uint32_t epoch) {
  std::set<std::uint64_t> records;
  for (std::uint64_t i = 0; i < sampler.count; ++i) records.insert(sampler.record(epoch, i));
  return records;
}

}  // namespace

class TestPlan : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void lowers_the_whole_graph() {
    const auto result =
        plan_of(trainable().set("trainer", "seed", std::int64_t{9}).set("batch", "size", std::int64_t{16}));
    QVERIFY2(result, result ? "" : result.error().line().c_str());
    const Plan& plan = **result;
    QCOMPARE(plan.trainer_node, std::string("trainer"));
    QCOMPARE(plan.trainer.seed, 9);
    QVERIFY(!plan.validation);
    QVERIFY(
        plan.document ==
        to_json(trainable().set("trainer", "seed", std::int64_t{9}).set("batch", "size", std::int64_t{16}).document()));

    const DataPlan& data = plan.train;
    QCOMPARE(data.source_node, std::string("source"));
    QCOMPARE(data.source->size(), std::uint64_t{100});
    QCOMPARE(data.seed, std::uint64_t{9});
    QVERIFY(data.training);
    QCOMPARE(data.batch_node, std::string("batch"));
    QCOMPARE(data.batches_per_epoch(), std::uint64_t{7});
    QVERIFY(data.sampler.shuffle);
    QVERIFY(!data.sampler.split);

    // The shuffle node is no step: its outputs are the slots of its inputs.
    QCOMPARE(data.steps.size(), std::size_t{1});
    QCOMPARE(data.steps[0].node, std::string("resize"));
    QVERIFY(data.steps[0].op != nullptr);
    QCOMPARE(data.steps[0].inputs.at(0), data.source_outputs.at(0));
    QCOMPARE(data.slots, std::size_t{3});
    QCOMPARE(data.fields.size(), std::size_t{2});
    QCOMPARE(data.fields[0].name, std::string("image"));
    QCOMPARE(data.fields[0].slot, data.steps[0].outputs.at(0));
    QCOMPARE(data.fields[0].record_bytes(), std::size_t{8 * 8 * 3});
    QCOMPARE(data.fields[0].batch.text(), std::string("u8 N×8×8×3 HWC"));
    QCOMPARE(data.fields[1].name, std::string("label"));
    QCOMPARE(data.fields[1].slot, *data.source_outputs.at(1));
    QCOMPARE(data.fields[1].record_bytes(), std::size_t{8});

    const ModelPlan& model = *plan.network();
    QCOMPARE(model.layers.size(), std::size_t{1});
    QCOMPARE(model.layers[0].node, std::string("linear"));
    QCOMPARE(model.layers[0].from.at(0).field, 0);
    QCOMPARE(model.layers[0].output.text(), std::string("f32 N×10"));  // `classes` is bound by the opened source
    QVERIFY(model.layers[0].params.contains("units"));
    QCOMPARE(model.loss.node, std::string("loss"));
    QCOMPARE(model.loss.from.at(0).layer, 0);
    QCOMPARE(model.loss.from.at(1).field, 1);
    QCOMPARE(model.loss.inputs.at(0).text(), std::string("f32 N×10"));
    QCOMPARE(model.optimizer_node, std::string("sgd"));
    QCOMPARE(model.optimizer->type, std::string("sgd"));
    QCOMPARE(std::get<double>(model.optimizer_params.at("rate")), 0.1);
  }

  void only_what_is_needed_runs() {
    // `describe` feeds a batch port that no layer reads; `stray` feeds nothing.
    const auto result =
        plan_of(trainable().add("describe:describe stray:resize resize.image>describe.image "
                                "describe.features>batch.features source.image>stray.image"));
    QVERIFY(result);
    QCOMPARE((*result)->train.steps.size(), std::size_t{1});
    QCOMPARE((*result)->train.fields.size(), std::size_t{2});
  }

  void a_step_that_can_read_a_part_knows_its_only_reader_data() {
    QTest::addColumn<QString>("more");
    QTest::addColumn<bool>("exact");
    QTest::addColumn<QString>("reader");
    QTest::newRow("one") << "" << false << "resize";
    QTest::newRow("wants everything") << "" << true << "";
    QTest::newRow("two") << "describe:describe decode.image>describe.image describe.features>batch.features" << false
                         << "";
    QTest::newRow("one that does not run") << "stray:resize decode.image>stray.image" << false << "resize";
    QTest::newRow("beside another picture")
        << "describe:describe first:decode shuffle.sample>first.file first.image>describe.image "
           "decode.image>describe.mask describe.features>batch.features"
        << false << "";
  }
  void a_step_that_can_read_a_part_knows_its_only_reader() {
    QFETCH(QString, more);
    QFETCH(bool, exact);
    QFETCH(QString, reader);
    const bool described = more.contains("features");
    Graph graph(
        "source:files shuffle:shuffle decode:decode resize:resize batch:batch linear:linear loss:cross_entropy sgd:sgd "
        "trainer:trainer source.file>shuffle.sample source.label>shuffle.label shuffle.sample>decode.file "
        "resize.image>batch.image shuffle.label>batch.label batch.label>loss.target "
        "loss.loss>trainer.loss sgd.optimizer>trainer.optimizer batch.image>linear.x");
    graph.set("source", "folder", std::string("/files")).set("decode", "exact", exact);
    if (more.contains("mask"))
      graph.add("other:decode shuffle.sample>other.file other.image>resize.image");
    else
      graph.add("decode.image>resize.image");
    graph.add(more.toStdString());
    graph.add(described ? "l3:linear sum:add batch.features>l3.x linear.x>sum.a l3.x>sum.b sum.x>loss.prediction"
                        : "linear.x>loss.prediction");
    const auto result = plan_of(graph);
    QVERIFY2(result, result ? "" : result.error().line().c_str());
    const std::vector<PlanStep>& steps = (*result)->train.steps;
    const auto decode = std::find_if(steps.begin(), steps.end(), [](const PlanStep& s) { return s.node == "decode"; });
    QVERIFY(decode != steps.end());
    QCOMPARE(QString::fromStdString(decode->next ? steps[*decode->next].node : ""), reader);
    for (const PlanStep& step : steps) QVERIFY(step.type == "decode" || !step.next);
  }

  void branches_and_optional_inputs() {
    Graph graph = trainable().add(
        "describe:describe l2:linear sum:add resize.image>describe.image describe.features>batch.features "
        "batch.features>l2.x");
    Document document = graph.document();
    QVERIFY(document.apply({RemoveLink{{"loss", "prediction"}}}));
    for (const Link& link :
         {Link{.from = {"linear", "x"}, .to = {"sum", "a"}}, Link{.from = {"l2", "x"}, .to = {"sum", "b"}},
          Link{.from = {"sum", "x"}, .to = {"loss", "prediction"}}})
      QVERIFY(document.apply({AddLink{link}}));
    const auto result = make_plan(document, {}, nullptr, test::fake_registry());
    QVERIFY2(result, result ? "" : result.error().line().c_str());
    const Plan& plan = **result;
    QCOMPARE(plan.train.steps.size(), std::size_t{2});
    const PlanStep& describe = plan.train.steps[1];
    QCOMPARE(describe.node, std::string("describe"));
    QCOMPARE(describe.inputs.at(0), std::optional(plan.train.steps[0].outputs.at(0)));
    QVERIFY(!describe.inputs.at(1));
    QCOMPARE(describe.outputs.size(), std::size_t{2});
    QCOMPARE(plan.train.fields.size(), std::size_t{3});
    QCOMPARE(plan.network()->layers.size(), std::size_t{3});
    const LayerPlan& sum = plan.network()->layers[2];
    QCOMPARE(sum.node, std::string("sum"));
    QVERIFY(sum.from.at(0).layer >= 0 && sum.from.at(1).layer >= 0 && sum.from.at(0).layer != sum.from.at(1).layer);
  }

  void an_estimator_takes_the_place_of_the_network() {
    const auto result = plan_of(
        test::estimating().set("trainer", "validation_split", 0.2).set("source", "names", std::string("abcdefghij")));
    QVERIFY2(result, result ? "" : result.error().line().c_str());
    const Plan& plan = **result;
    QVERIFY(plan.network() == nullptr && plan.estimator() != nullptr);
    const EstimatorPlan& estimator = *plan.estimator();
    QCOMPARE(estimator.node, std::string("neighbours"));
    QCOMPARE(estimator.fields.size(), std::size_t{2});
    QCOMPARE(plan.train.fields.at(*estimator.fields[0]).name, std::string("image"));
    QCOMPARE(plan.train.fields.at(*estimator.fields[1]).name, std::string("label"));
    QCOMPARE(estimator.target, std::size_t{1});
    QCOMPARE(estimator.classes, std::int64_t{10});
    QCOMPARE(plan.class_names().size(), std::size_t{10});
    QCOMPARE(estimator.passes, std::optional<std::uint32_t>(2));
    QCOMPARE(plan.asked_for().epochs, 2U);  // those of the trainer are no matter of its
    QVERIFY(plan.validation.has_value());
    QCOMPARE(plan.validation->fields.size(), std::size_t{2});
    // The data side is that of the network, to the last number.
    const auto network = plan_of(trainable().set("trainer", "validation_split", 0.2));
    QVERIFY(network);
    QCOMPARE(drawn(plan.train.sampler, 1), drawn((*network)->train.sampler, 1));
    QCOMPARE((*network)->asked_for().epochs, 5U);
  }

  void random_nodes_keep_their_stream_whatever_else_is_wired() {
    const auto result =
        plan_of(trainable().add("jitter:jitter b2:batch source.image>jitter.image jitter.image>b2.image"));
    QVERIFY(result);
    Document document = trainable().add("jitter:jitter").document();
    QVERIFY(document.apply({RemoveLink{{"batch", "image"}}}));
    QVERIFY(document.apply({AddLink{Link{.from = {"resize", "image"}, .to = {"jitter", "image"}}}}));
    QVERIFY(document.apply({AddLink{Link{.from = {"jitter", "image"}, .to = {"batch", "image"}}}}));
    const auto wired = make_plan(document, {}, nullptr, test::fake_registry());
    QVERIFY(wired);
    const PlanStep& jitter = (*wired)->train.steps.at(1);
    QVERIFY(jitter.random);
    QVERIFY(jitter.stream != (*wired)->train.steps.at(0).stream);

    // Nor does a node that stands before it in the file, or between it and its source.
    Document later =
        trainable().add("keep:cache jitter:jitter resize.image>keep.sample keep.sample>jitter.image").document();
    QVERIFY(later.apply({RemoveLink{{"batch", "image"}}}));
    QVERIFY(later.apply({AddLink{Link{.from = {"jitter", "image"}, .to = {"batch", "image"}}}}));
    const auto cached = make_plan(later, {}, nullptr, test::fake_registry());
    QVERIFY2(cached, cached ? "" : cached.error().line().c_str());
    const std::vector<PlanStep>& steps = (*cached)->train.steps;
    QCOMPARE(steps.size(), std::size_t{3});
    QCOMPARE(steps[1].node, std::string("keep"));
    QVERIFY(steps[1].cache && !steps[0].cache && !steps[2].cache);
    QCOMPARE(steps[1].cache->ram_megabytes, 7);
    QCOMPARE(steps[2].stream, jitter.stream);
  }

  void what_is_random_cannot_be_kept() {
    const auto plan = plan_of(trainable().add(
        "jitter:jitter keep:cache b2:batch source.image>jitter.image jitter.image>keep.sample keep.sample>b2.image"));
    QVERIFY(!plan);
    QCOMPARE(plan.error().node, std::string("keep"));
    QVERIFY(plan.error().reason.find("jitter") != std::string::npos);
    QVERIFY(plan.error().remedy.find("in front of jitter") != std::string::npos);
  }

  void a_split_holds_out_records_and_loses_none() {
    const auto result =
        plan_of(trainable().set("trainer", "validation_split", 0.2).set("source", "count", std::int64_t{101}));
    QVERIFY2(result, result ? "" : result.error().line().c_str());
    const DataPlan& train = (*result)->train;
    QVERIFY((*result)->validation.has_value());
    const DataPlan& validation = *(*result)->validation;
    QCOMPARE(validation.sampler.count, std::uint64_t{20});
    QCOMPARE(train.sampler.count, std::uint64_t{81});
    QVERIFY(!validation.training);
    QVERIFY(!validation.sampler.shuffle);
    QVERIFY(train.sampler.shuffle);

    const auto first = drawn(train.sampler, 1);
    const auto held = drawn(validation.sampler, 1);
    QCOMPARE(first.size(), std::size_t{81});
    QCOMPARE(held.size(), std::size_t{20});
    std::set<std::uint64_t> all = first;
    all.insert(held.begin(), held.end());
    QCOMPARE(all.size(), std::size_t{101});
    QCOMPARE(*all.rbegin(), std::uint64_t{100});
    QVERIFY(drawn(train.sampler, 2) == first);  // the same records each epoch,
    QVERIFY(drawn(validation.sampler, 7) == held);
    QVERIFY(train.sampler.record(1, 0) != train.sampler.record(2, 0) ||
            train.sampler.record(1, 1) != train.sampler.record(2, 1));  // in a new order
    QCOMPARE(validation.sampler.record(1, 3), validation.sampler.record(2, 3));
    QVERIFY(*held.begin() < 80);  // drawn from everywhere, not the tail of the files
  }

  void shuffling_draws_every_record_once_an_epoch() {
    SamplerPlan sampler{.source_size = 1000, .first = 0, .count = 1000, .split = false, .shuffle = true, .seed = 4};
    QCOMPARE(drawn(sampler, 1).size(), std::size_t{1000});
    QCOMPARE(*drawn(sampler, 5).rbegin(), std::uint64_t{999});
    SamplerPlan other = sampler;
    other.seed = 5;
    std::size_t same_epoch = 0;
    std::size_t same_seed = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      same_epoch += sampler.record(1, i) == sampler.record(2, i) ? 1 : 0;
      same_seed += sampler.record(1, i) == other.record(1, i) ? 1 : 0;
      QCOMPARE(sampler.record(3, i), sampler.record(3, i));
    }
    QVERIFY(same_epoch < 20);
    QVERIFY(same_seed < 20);
    sampler.shuffle = false;
    QCOMPARE(sampler.record(9, 17), std::uint64_t{17});
  }

  void the_order_of_an_immense_source_needs_no_memory() {
    const SamplerPlan sampler{.source_size = std::uint64_t{1} << 40,
                              .first = 5,
                              .count = (std::uint64_t{1} << 40) - 5,
                              .split = true,
                              .shuffle = true,
                              .seed = 1};
    QVERIFY(sampler.record(1, sampler.count - 1) < sampler.source_size);
  }

  void a_shuffle_that_is_off_keeps_the_order() {
    const auto result = plan_of(trainable().set("shuffle", "shuffle", false));
    QVERIFY(result);
    QVERIFY(!(*result)->train.sampler.shuffle);
  }

  void a_validation_batch_is_a_pipeline_of_its_own() {
    const auto result = plan_of(with_validation()
                                    .set("vsource", "count", std::int64_t{33})
                                    .set("vbatch", "size", std::int64_t{10})
                                    .set("vbatch", "drop_last", true));
    QVERIFY2(result, result ? "" : result.error().line().c_str());
    const DataPlan& validation = *(*result)->validation;
    QCOMPARE(validation.source_node, std::string("vsource"));
    QCOMPARE(validation.sampler.count, std::uint64_t{33});
    QCOMPARE(validation.batches_per_epoch(), std::uint64_t{4});  // every record counts
    QVERIFY(!validation.training);
    QCOMPARE(validation.fields.size(), (*result)->train.fields.size());
    QCOMPARE(validation.fields[0].name, std::string("image"));
  }

  void classes_of_validation_are_matched_by_name() {
    const auto result = plan_of(with_validation()
                                    .set("source", "names", std::string("abcdefghij"))
                                    .set("vsource", "classes", std::int64_t{3})
                                    .set("vsource", "names", std::string("jca")));
    QVERIFY2(result, result ? "" : result.error().line().c_str());
    const DataPlan& validation = *(*result)->validation;
    QCOMPARE(validation.fields[1].record.class_names, (*result)->train.fields[1].record.class_names);
    QCOMPARE(validation.fields[1].record.classes, Dim(10));
    std::vector<std::int64_t> labels;
    for (std::uint64_t i = 0; i < 3; ++i) {
      Datum label;
      std::vector<Datum*> out(validation.source->outputs().size(), nullptr);
      for (std::size_t port = 0; port < out.size(); ++port)
        if (validation.source->outputs()[port].kind == Kind::Label) out[port] = &label;
      QVERIFY(validation.source->read(i, out));
      labels.push_back(label.label());
    }
    QCOMPARE(labels, (std::vector<std::int64_t>{9, 2, 0}));
  }

  void class_names_reach_the_model() {
    const auto result = plan_of(trainable().set("source", "names", std::string("abcdefghij")));
    QVERIFY(result);
    QCOMPARE((*result)->class_names().size(), std::size_t{10});
  }

  void errors_name_the_culprit_data() {
    QTest::addColumn<Document>("document");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const Graph& graph, const char* words) {
      QTest::newRow(name) << graph.document() << words;
    };
    const auto files = [] {
      return Graph(
          "f:files decode:decode batch:batch linear:linear loss:cross_entropy sgd:sgd trainer:trainer "
          "f.file>decode.file decode.image>batch.image f.label>batch.label batch.image>linear.x "
          "linear.x>loss.prediction batch.label>loss.target loss.loss>trainer.loss sgd.optimizer>trainer.optimizer");
    };
    row("a problem of the graph", trainable().set("batch", "size", std::int64_t{0}), "batch.size|out of range");
    row("nothing to train", Graph("s:pictures"), "nothing to train");
    row("missing folder", files().set("f", "folder", std::string("/missing")), "f.folder|/missing|no such folder");
    row("source throws", files().set("f", "folder", std::string("/throws")), "f|cannot be opened");
    row("empty source", files().set("f", "folder", std::string("/x")).set("f", "count", std::int64_t{0}),
        "f|no records");
    row("unknown size at the batch", files().set("f", "folder", std::string("/x")),
        "batch:image|decode.image gives u8 H×W×3|resize");
    row("a node that cannot be prepared",
        with_validation(
            "vjitter:jitter vsource.image>vjitter.image vjitter.image>vresize.image vresize.image>vbatch.image")
            .set("vjitter", "broken", true),
        "vjitter|cannot be prepared");
    row("batch never fills", trainable().set("batch", "drop_last", true).set("source", "count", std::int64_t{20}),
        "batch.drop_last|64 never fills from 20");
    row("split too small", trainable().set("trainer", "validation_split", 0.001),
        "trainer.validation_split|no records to validate on out of 100");
    row("split leaves none to train",
        trainable().set("trainer", "validation_split", 0.9).set("source", "count", std::int64_t{1}),
        "trainer.validation_split|no records to train on out of 1");
    row("split and source", with_validation().set("trainer", "validation_split", 0.2),
        "trainer.validation_split|vbatch|Set validation_split to 0");
    row("validates on itself", trainable().add("batch.batch>trainer.validation"),
        "trainer:validation|training batches themselves");
    row("validation of another size", with_validation().set("vresize", "size", std::int64_t{9}),
        "vbatch:image|9×9×3|8×8×3|same way");
    row("validation of other classes", with_validation().set("vsource", "classes", std::int64_t{9}),
        "vbatch:label|9 classes|10");
    row("validation with an unknown name",
        with_validation()
            .set("vsource", "names", std::string("abcdefghiX"))
            .set("source", "names", std::string("abcdefghij")),
        "vsource|a class that training does not have: 'X'|'a', 'b'");
    row("validation lacks a field", with_validation("vsource.image>vresize.image"), "vbatch:image|reads 'image'");
    row("hidden width undecided",
        rewired({"loss", "prediction"}, "head:linear linear.x>head.x head.x>loss.prediction")
            .set("head", "units", std::int64_t{10}),
        "linear|'classes'|units");
    row("model fed by two batches",
        rewired({"loss", "prediction"},
                "b2:batch l2:linear sum:add resize.image>b2.image b2.image>l2.x linear.x>sum.a l2.x>sum.b "
                "sum.x>loss.prediction"),
        "loss|two batch nodes, batch and b2|from one");
    row("estimator behind a layer",
        Graph("source:pictures resize:resize batch:batch linear:linear n:neighbours trainer:trainer "
              "source.image>resize.image resize.image>batch.image source.label>batch.label batch.image>linear.x "
              "linear.x>n.x batch.label>n.target n.estimator>trainer.estimator"),
        "n:x|linear is a part of a network|from the batch node");
    row("estimator fed by two batches",
        Graph("source:pictures resize:resize batch:batch b2:batch n:neighbours trainer:trainer "
              "source.image>resize.image resize.image>batch.image source.label>b2.label batch.image>n.x "
              "b2.label>n.target n.estimator>trainer.estimator"),
        "n:target|two batch nodes, batch and b2|from one");
    row("no layer",
        rewired({"loss", "prediction"}, "batch.image>loss.prediction").set("source", "classes", std::int64_t{3}),
        "loss:prediction|no layer");
  }
  void errors_name_the_culprit() {
    const test::ShortPatience short_patience(20);  // for a source that finds no memory
    QFETCH(Document, document);
    QFETCH(QString, words);
    std::vector<Problem> problems;
    const auto result = make_plan(document, {}, &problems, test::fake_registry());
    QVERIFY(!result);
    const QString line = QString::fromStdString(result.error().line());
    for (const QString& word : words.split('|')) QVERIFY2(line.contains(word), qPrintable(line));
  }

  void all_problems_are_handed_out() {
    std::vector<Problem> problems;
    const auto result = make_plan(trainable().set("batch", "size", std::int64_t{0}).set("sgd", "rate", -1.0).document(),
                                  {}, &problems, test::fake_registry());
    QVERIFY(!result);
    QCOMPARE(problems.size(), std::size_t{2});
  }

  void stopping_while_a_source_opens_cancels() {
    std::stop_source stop;
    stop.request_stop();
    PlanOptions options;
    options.sources.stop = stop.get_token();
    const auto result = make_plan(trainable().document(), options, nullptr, test::fake_registry());
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Cancelled);
  }

  void cache_folder_follows_the_environment() {
    for (const char* name : {"FEEDLINE_CACHE", "XDG_CACHE_HOME", "HOME"}) qunsetenv(name);
    QVERIFY(default_cache_folder().is_absolute());
    // In a folder that all users have, each has one of his own.
    QVERIFY(default_cache_folder().filename().string().ends_with("-" + std::to_string(::getuid())));
    qputenv("HOME", "/home/me");
    QCOMPARE(default_cache_folder(), std::filesystem::path("/home/me/.cache/feedline"));
    qputenv("XDG_CACHE_HOME", "relative");
    QCOMPARE(default_cache_folder(), std::filesystem::path("/home/me/.cache/feedline"));
    qputenv("XDG_CACHE_HOME", "/xdg");
    QCOMPARE(default_cache_folder(), std::filesystem::path("/xdg/feedline"));
    qputenv("FEEDLINE_CACHE", "/own");
    QCOMPARE(default_cache_folder(), std::filesystem::path("/own"));
  }
};

FEEDLINE_TEST(TestPlan)

}  // namespace test_plan

#include "test_plan.moc"
