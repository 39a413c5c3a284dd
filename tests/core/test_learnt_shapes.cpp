// SPDX-License-Identifier: GPL-3.0-or-later
// Outputs that follow from what their node learns: plans, fits and analyses, on real files.
#include "engine/fit.h"
#include "graph/edit.h"
#include "plan/record_plan.h"
#include "state/learnt_text.h"
#include "support/fixtures.h"
#include "support/learning_nodes.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

namespace test_learnt_shapes {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr int kLines = 200;

struct Fitted {
  std::shared_ptr<const Plan> plan{};
  int passes = 0;
  QString error{};
};

Fitted fit(const Document& document, const QString& cache, std::size_t workers = 2, const NamedTensors& known = {},
           bool learn = true) {
  const auto plan = make_plan(document, {}, nullptr, learning_registry());
  if (!plan) return {.error = line(plan.error())};
  Fitted found;
  auto bound = fit_plan(*plan, {.pipeline = {.workers = workers},
                                .cache_folder = cache.toStdString(),
                                .known = known,
                                .learn = learn,
                                .progress = [&](std::string_view what, double done) {
                                  if (what.starts_with("Fitting") && done == 0) ++found.passes;
                                }});
  if (!bound) return {.error = line(bound.error())};
  found.plan = std::move(*bound);
  return found;
}

const PlanStep& step_named(const DataPlan& data, const std::string& node) {
  for (const PlanStep& step : data.steps)
    if (step.node == node) return step;
  qFatal("no step %s", node.c_str());
}

void change(Document& document, const Edit& edit) {
  if (const auto done = document.apply(edit); !done) qFatal("%s", done.error().line().c_str());
}

/// How many different bytes the texts of the records that train have, counted here.
std::size_t letters_of(const DataPlan& data) {
  std::set<std::byte> seen;
  SamplerPlan sampler = data.sampler;
  sampler.shuffle = false;
  for (std::uint64_t i = 0; i < sampler.count; ++i) {
    Datum text;
    std::vector<Datum*> out = {&text, nullptr};
    if (data.source->read(sampler.record(1, i), out)) seen.insert(text.span().begin(), text.span().end());
  }
  return seen.size();
}

/// All that comes out of one epoch.
std::string bytes_of_epoch(const std::shared_ptr<const Plan>& plan, std::size_t workers) {
  Pipeline pipeline(plan, plan->train, {.workers = workers, .epochs = 1});
  std::string bytes;
  for (auto batch = pipeline.next(); batch && *batch; batch = pipeline.next())
    for (std::size_t f = 0; f < plan->train.fields.size(); ++f)
      bytes.append(reinterpret_cast<const char*>((*batch)->buffer->fields[f]),
                   plan->train.fields[f].record_bytes() * (*batch)->records);
  return bytes;
}

}  // namespace

class TestLearntShapes : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  Document graph_{};
  int caches_ = 0;

  QString fresh() { return folder_.filePath(QStringLiteral("cache%1").arg(++caches_)); }

 private Q_SLOTS:
  void initTestCase() {
    const QString file = folder_.filePath("lines.txt");
    write_file(file, text_lines(kLines));
    graph_ = letters_graph(file);
  }

  /// Nobody is blamed for a size that nobody can know yet.
  void an_analysis_leaves_open_what_is_not_learnt() {
    const Analysis analysis = analyse(graph_, {}, learning_registry());
    QVERIFY2(analysis.ok(), analysis.ok() ? "" : qPrintable(line(analysis.problems.front().error)));
    QVERIFY(!analysis.at({"letters", "features"})->static_shape());
    QVERIFY(!analysis.at({"batch", "features"})->shape.at(1).known());
    QVERIFY(!analysis.total.complete);
    for (const PortRef& port : {PortRef{"letters", "features"}, PortRef{"centre", "features"},
                                PortRef{"batch", "features"}, PortRef{"batch", "batch"}, PortRef{"hidden", "y"}})
      QVERIFY2(analysis.waiting.contains(port), port.text().c_str());
    for (const PortRef& port : {PortRef{"source", "text"}, PortRef{"batch", "label"}, PortRef{"adam", "optimizer"}})
      QVERIFY2(!analysis.waiting.contains(port), port.text().c_str());

    const NamedTensors state{{"bytes", TensorValue::of(std::vector<std::int64_t>{97, 98, 99, 100})}};
    const Analysis known =
        analyse(graph_, {}, learning_registry(), {{"letters", std::make_shared<const NamedTensors>(state)}});
    QVERIFY(known.ok() && known.waiting.empty());
    QCOMPARE(known.at({"batch", "features"})->shape.at(1), Dim(4));
    QCOMPARE(known.costs.at("hidden").parameters, std::int64_t{4 * 8 + 8});
    const Analysis damaged = analyse(graph_, {}, learning_registry(), {{"letters", std::make_shared<NamedTensors>()}});
    QVERIFY(!damaged.ok());
    QCOMPARE(damaged.problems.front().error.node, std::string("letters"));
  }

  void a_plan_gets_its_sizes_from_the_fit() {
    const auto open = make_plan(graph_, {}, nullptr, learning_registry());
    QVERIFY2(open, open ? "" : qPrintable(line(open.error())));
    QVERIFY(needs_fitting(**open) && (*open)->relower);
    QCOMPARE((*open)->train.fields.front().record_bytes(), std::size_t{0});

    const Fitted found = fit(graph_, fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    QVERIFY(!needs_fitting(*found.plan) && !found.plan->relower);
    QCOMPARE(found.passes, 2);  // `centre` sees what `letters` has learnt
    const auto width = static_cast<std::int64_t>(letters_of(found.plan->train));
    QVERIFY(width > 10);
    for (const DataPlan* data : {&found.plan->train, &*found.plan->validation}) {
      QCOMPARE(data->fields.front().record.shape, (std::vector<Dim>{Dim(width)}));
      QCOMPARE(data->fields.front().record_bytes(), static_cast<std::size_t>(width) * 4);
    }
    const LayerPlan& hidden = found.plan->network()->layers.front();
    QCOMPARE(hidden.node, std::string("hidden"));
    QCOMPARE(hidden.inputs.front().shape.at(1), Dim(width));
    const auto means = step_named(found.plan->train, "centre").fitted->learnt->at("mean").numbers<double>();
    QCOMPARE(static_cast<std::int64_t>(means->size()), width);
    QCOMPARE(static_cast<std::int64_t>(
                 find_texts(*step_named(found.plan->train, "letters").fitted->learnt, "letters")->size()),
             width);
  }

  /// The sum over all records that train is 0 in each column.
  void what_comes_out_is_as_wide_and_centred() {
    const Fitted found = fit(graph_, fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    const auto width = static_cast<std::size_t>(found.plan->train.fields.front().record.shape.front().size());
    std::vector<double> sums(width);
    std::size_t records = 0;
    Pipeline pipeline(found.plan, found.plan->train, {.workers = 2, .epochs = 1});
    for (auto batch = pipeline.next(); batch && *batch; batch = pipeline.next()) {
      const auto* numbers = reinterpret_cast<const float*>((*batch)->buffer->fields[0]);
      for (std::size_t i = 0; i < (*batch)->records * width; ++i) sums[i % width] += static_cast<double>(numbers[i]);
      records += (*batch)->records;
    }
    QCOMPARE(records, std::size_t{kLines * 4 / 5});
    QVERIFY(pipeline.errors().empty());
    for (const double sum : sums) QVERIFY(std::abs(sum) < 1e-3);
  }

  void is_the_same_for_any_number_of_workers() {
    std::optional<NamedTensors> first;
    std::string bytes;
    for (const std::size_t workers : {1U, 2U, 7U}) {
      const Fitted found = fit(graph_, fresh(), workers);
      QVERIFY2(found.plan != nullptr, qPrintable(found.error));
      if (!first) {
        first = learnt_by(*found.plan);
        bytes = bytes_of_epoch(found.plan, workers);
      }
      QVERIFY(learnt_by(*found.plan) == *first);
      QVERIFY(!bytes.empty() && bytes_of_epoch(found.plan, workers) == bytes);
    }
  }

  void what_is_kept_is_not_learnt_again() {
    const QString cache = fresh();
    const Fitted first = fit(graph_, cache);
    QCOMPARE(first.passes, 2);
    const Fitted second = fit(graph_, cache);
    QVERIFY2(second.plan != nullptr, qPrintable(second.error));
    QCOMPARE(second.passes, 0);
    QVERIFY(learnt_by(*second.plan) == learnt_by(*first.plan));
    QVERIFY(second.plan->train.fields.front().record == first.plan->train.fields.front().record);
    // The width follows from the parameter, and so does what the node behind it learns.
    const Fitted fewer = fit(test::with(graph_, "letters", "least", std::int64_t{400}), cache);
    QVERIFY2(fewer.plan != nullptr, qPrintable(fewer.error));
    QCOMPARE(fewer.passes, 2);
    QVERIFY(fewer.plan->train.fields.front().record.elements() < first.plan->train.fields.front().record.elements());
    // A model of another shape needs no fit.
    QCOMPARE(fit(test::with(graph_, "hidden", "units", std::int64_t{3}), cache).passes, 0);
  }

  /// As a run that goes on from a checkpoint, or a prediction, has it.
  void what_a_checkpoint_knows_gives_the_sizes() {
    const Fitted first = fit(graph_, fresh());
    const Fitted again = fit(graph_, fresh(), 2, learnt_by(*first.plan), false);
    QVERIFY2(again.plan != nullptr, qPrintable(again.error));
    QCOMPARE(again.passes, 0);
    QVERIFY(again.plan->train.fields.front().record == first.plan->train.fields.front().record);
    QVERIFY(bytes_of_epoch(again.plan, 2) == bytes_of_epoch(first.plan, 2));
    NamedTensors part = learnt_by(*first.plan);
    std::erase_if(part, [](const auto& entry) { return entry.first.starts_with("centre."); });
    const Fitted without = fit(graph_, fresh(), 2, part, false);
    QVERIFY2(without.error.startsWith("centre") && without.error.contains("checkpoint"), qPrintable(without.error));
  }

  /// A caller that reads other records, or fewer, does so still when all sizes are known.
  void what_a_caller_has_changed_stays() {
    const auto open = make_plan(graph_, {}, nullptr, learning_registry());
    auto changed = std::make_shared<Plan>(**open);
    changed->train.sampler.count = 40;
    changed->train.batch.size = 7;
    changed->validation->training = true;
    const auto bound = fit_plan(changed, {.cache_folder = fresh().toStdString()});
    QVERIFY2(bound, bound ? "" : qPrintable(line(bound.error())));
    QCOMPARE((*bound)->train.sampler.count, std::uint64_t{40});
    QCOMPARE((*bound)->train.batch.size, std::int64_t{7});
    QVERIFY((*bound)->validation->training);
    QCOMPARE((*bound)->train.fields.front().record.elements(), static_cast<std::int64_t>(letters_of((*bound)->train)));
  }

  /// Two branches beside each other are one pass; a node behind both is the second.
  void branches_learn_in_one_pass() {
    Document document = graph_;
    change(document, {AddNode{{.id = "ids", .type = "letter_ids"}}});
    change(document, {AddNode{{.id = "bag", .type = "embedding_bag", .params = {{"width", std::int64_t{5}}}}}});
    change(document, {AddNode{{.id = "join", .type = "concatenate"}}});
    change(document, {AddLink{{.from = {"source", "text"}, .to = {"ids", "text"}}}});
    change(document, {AddLink{{.from = {"ids", "tokens"}, .to = {"batch", "tokens"}}}});
    change(document, {AddLink{{.from = {"batch", "tokens"}, .to = {"bag", "tokens"}}}});
    change(document, {RemoveLink{{"last", "x"}}});
    const NodeSpec join = Registry::instance().find("concatenate")->for_params({});
    change(document, {AddLink{{.from = {"relu", "y"}, .to = {"join", join.inputs.at(0).name}}}});
    change(document, {AddLink{{.from = {"bag", "y"}, .to = {"join", join.inputs.at(1).name}}}});
    change(document, {AddLink{{.from = {"join", join.outputs.at(0).name}, .to = {"last", "x"}}}});
    const Fitted found = fit(document, fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    QCOMPARE(found.passes, 2);
    const auto letters = static_cast<std::int64_t>(letters_of(found.plan->train));
    for (const LayerPlan& layer : found.plan->network()->layers) {
      if (layer.node == "bag") QCOMPARE(layer.inputs.front().classes, Dim(letters + 2));
      if (layer.node == "last") QCOMPARE(layer.inputs.front().shape.at(1), Dim(8 + 5));
    }
  }

  /// A fitted node that only an unread field hangs on holds up nothing.
  void what_nobody_reads_is_not_waited_for() {
    Document document = graph_;
    change(document, {AddNode{{.id = "ids", .type = "byte_tokens"}}});
    change(document, {AddNode{{.id = "bag", .type = "embedding_bag"}}});
    change(document, {RemoveNode{"hidden"}});
    change(document, {AddLink{{.from = {"source", "text"}, .to = {"ids", "text"}}}});
    change(document, {AddLink{{.from = {"ids", "tokens"}, .to = {"batch", "tokens"}}}});
    change(document, {AddLink{{.from = {"batch", "tokens"}, .to = {"bag", "tokens"}}}});
    change(document, {AddLink{{.from = {"bag", "y"}, .to = {"relu", "x"}}}});
    const auto plan = make_plan(document, {}, nullptr, learning_registry());
    QVERIFY2(plan, plan ? "" : qPrintable(line(plan.error())));
    QVERIFY(!(*plan)->relower && !needs_fitting(**plan));
    QCOMPARE((*plan)->train.fields.front().capacity, std::int64_t{512});
  }

  /// What a layer refuses comes to light with the sizes, and is told of the node as it was drawn.
  void what_does_not_fit_is_told_after_the_fit() {
    Document document = graph_;
    change(document, {AddNode{{.id = "ids", .type = "letter_ids"}}});
    change(document, {AddNode{{.id = "bag", .type = "embedding_bag", .params = {{"vocabulary", std::int64_t{3}}}}}});
    for (const char* node : {"letters", "centre", "hidden"}) change(document, {RemoveNode{node}});
    change(document, {AddLink{{.from = {"source", "text"}, .to = {"ids", "text"}}}});
    change(document, {AddLink{{.from = {"ids", "tokens"}, .to = {"batch", "tokens"}}}});
    change(document, {AddLink{{.from = {"batch", "tokens"}, .to = {"bag", "tokens"}}}});
    change(document, {AddLink{{.from = {"bag", "y"}, .to = {"relu", "x"}}}});
    const Fitted found = fit(document, fresh());
    QVERIFY2(found.error.startsWith("bag") && found.error.contains("ids"), qPrintable(found.error));
    const Fitted none = fit(test::with(graph_, "letters", "least", std::int64_t{100000}), fresh());
    QVERIFY2(none.error.startsWith("letters") && none.error.contains("so frequent"), qPrintable(none.error));
  }

  void validation_of_its_own_has_the_same_sizes() {
    Document document = test::with(graph_, "trainer", "validation_split", 0.0);
    const QString file = folder_.filePath("other.txt");
    write_file(file, "vowels\tqqqq\nlow\tb\nhigh\twvx\n");
    change(document, {AddNode{{.id = "vsource", .type = "text_lines", .params = {{"file", file.toStdString()}}}}});
    change(document, {AddNode{{.id = "vletters", .type = "letters"}}});
    change(document, {AddNode{{.id = "vcentre", .type = "centre"}}});
    change(document, {AddNode{{.id = "vbatch", .type = "batch"}}});
    change(document, {AddLink{{.from = {"vsource", "text"}, .to = {"vletters", "text"}}}});
    change(document, {AddLink{{.from = {"vletters", "features"}, .to = {"vcentre", "features"}}}});
    change(document, {AddLink{{.from = {"vcentre", "features"}, .to = {"vbatch", "features"}}}});
    change(document, {AddLink{{.from = {"vsource", "label"}, .to = {"vbatch", "label"}}}});
    change(document, {AddLink{{.from = {"vbatch", "batch"}, .to = {"trainer", "validation"}}}});
    const Fitted found = fit(document, fresh());
    QVERIFY2(found.plan != nullptr, qPrintable(found.error));
    QCOMPARE(found.passes, 2);
    QVERIFY(found.plan->validation->fields.front().record == found.plan->train.fields.front().record);
    QVERIFY(*step_named(*found.plan->validation, "vcentre").fitted->learnt ==
            *step_named(found.plan->train, "centre").fitted->learnt);
  }

  /// Plans of one record ask for what was learnt only where they need it.
  void a_record_plan_asks_for_what_was_learnt() {
    SourceKeeper sources;
    int asked = 0;
    const Fitted found = fit(graph_, fresh());
    const auto look = [&](const char* node, LearntStates states) {
      return make_record_plan(
          graph_, {.node = node}, sources, {},
          [&asked, states = std::move(states)]() -> Result<LearntStates> {
            ++asked;
            return states;
          },
          learning_registry());
    };
    QVERIFY(look("source", {}).has_value());
    QCOMPARE(asked, 0);
    const auto hidden = look("hidden", learnt_states(*found.plan));
    QVERIFY2(hidden, hidden ? "" : qPrintable(line(hidden.error())));
    QCOMPARE(asked, 1);
    QVERIFY(hidden->model->plan.layers.front().inputs.front().shape.at(1) ==
            Dim(static_cast<std::int64_t>(letters_of(found.plan->train))));
    const auto unknown = look("hidden", {});
    QVERIFY(!unknown && line(unknown.error()).contains("training records"));
  }

  void an_unfitted_plan_says_so() {
    const auto plan = make_plan(graph_, {}, nullptr, learning_registry());
    Pipeline pipeline(*plan, (*plan)->train, {.workers = 1});
    const auto batch = pipeline.next();
    QVERIFY(!batch && line(batch.error()).contains("not been fitted"));
  }

  void what_was_learnt_can_be_read() {
    const std::vector<std::int64_t> seven = {7};
    NamedTensors state{{"mean", TensorValue::of(std::vector<double>{0.5, -2, 1e9})},
                       {"count", TensorValue::of(std::span<const std::int64_t>(seven), {})}};
    put_texts(state, "words", std::vector<std::string>{"the", "line\nbreak", "of"});
    const std::vector<LearntLine> lines = learnt_lines(state, 2);
    QCOMPARE(lines.size(), std::size_t{3});
    QCOMPARE(lines[0].name, std::string("count"));
    QCOMPARE(lines[0].shape, std::string("I64"));
    QCOMPARE(values_text(lines[0]), std::string("7"));
    QCOMPARE(lines[1].shape, std::string("F64 3"));
    QCOMPARE(values_text(lines[1]), std::string("0.5, -2, …"));
    QCOMPARE(lines[2].name, std::string("words"));
    QCOMPARE(lines[2].shape, std::string("3 texts"));
    QVERIFY(lines[2].more && lines[2].values.at(1).find('\n') == std::string::npos);
  }

  void texts_are_kept_among_the_tensors() {
    NamedTensors state;
    const std::vector<std::string> texts = {"a", "", std::string("b\0c", 3), "größe"};
    put_texts(state, "city", texts);
    QVERIFY(find_texts(state, "city") == texts);
    QVERIFY(!find_texts(state, "town"));
    QCOMPARE(texts_name(state.begin()->first), std::optional<std::string_view>("city"));
    QVERIFY(!texts_name("mean"));
    std::vector<std::byte>& bytes = state.begin()->second.data;
    bytes.pop_back();
    QVERIFY(!find_texts(state, "city"));
    put_texts(state, "none", {});
    QVERIFY(find_texts(state, "none")->empty());
  }
};

FEEDLINE_TEST(TestLearntShapes)

}  // namespace test_learnt_shapes

#include "test_learnt_shapes.moc"
