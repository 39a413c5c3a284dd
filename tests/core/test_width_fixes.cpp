// SPDX-License-Identifier: GPL-3.0-or-later
// Fewer features, where their number is what takes the time: of a fit, of preparing them, of a first layer.
#include "diagnosis/fix.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "support/test_program.h"

#include <QtTest>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test_width_fixes {

using namespace feedline;

namespace {

/// From `front`, a chain of nodes that ends in `last`.features, to what learns.
Document width_graph(const QByteArray& front, const char* last, const QByteArray& learner) {
  const QByteArray text =
      "{\"feedline\": 1, \"title\": \"wide\", \"nodes\": [" + front +
      ", {\"id\": \"batch\", \"type\": \"batch\", \"version\": 1, \"params\": {}, \"position\": [0, 200]}, " + learner +
      ", {\"id\": \"trainer\", \"type\": \"trainer\", \"version\": 1, \"params\": {}, \"position\": [800, 400]}], "
      "\"links\": [" +
      "{\"from\": \"" + last +
      ".features\", \"to\": \"batch.features\"}, {\"from\": \"source.label\", \"to\": \"batch.label\"}]}";
  auto loaded = from_json(text.toStdString());
  if (!loaded) qFatal("%s", loaded.error().line().c_str());
  return std::move(loaded->document);
}

QByteArray width_node(const char* id, const char* type, const char* params = "{}") {
  return QByteArray("{\"id\": \"") + id + "\", \"type\": \"" + type + "\", \"version\": 1, \"params\": " + params +
         ", \"position\": [0, 0]}";
}

void wire(Document& graph, const char* from, const char* to) {
  const auto split = [](std::string_view end) {
    const std::size_t dot = end.find('.');
    return PortRef{std::string(end.substr(0, dot)), std::string(end.substr(dot + 1))};
  };
  const auto done = graph.apply(Edit{AddLink{.link = {.from = split(from), .to = split(to)}}});
  if (!done) qFatal("%s", done.error().line().c_str());
}

Document with_learner(const char* type) {
  Document graph = width_graph(width_node("source", "table", "{\"kind\": \"fraud\", \"rows\": 500}") + ", " +
                                   width_node("one_hot", "one_hot") + ", " + width_node("features", "features"),
                               "features", width_node("learner", type));
  wire(graph, "source.row", "one_hot.row");
  wire(graph, "one_hot.row", "features.row");
  wire(graph, "batch.features", "learner.features");
  wire(graph, "batch.label", "learner.target");
  wire(graph, "learner.estimator", "trainer.estimator");
  return graph;
}

void add_linear(Document& graph) {
  wire(graph, "batch.features", "linear.x");
  wire(graph, "linear.y", "loss.prediction");
  wire(graph, "batch.label", "loss.target");
  wire(graph, "loss.loss", "trainer.loss");
  wire(graph, "optimizer.optimizer", "trainer.optimizer");
}
QByteArray linear_nodes() {
  return width_node("linear", "linear", "{\"units\": 0}") + ", " + width_node("loss", "cross_entropy") + ", " +
         width_node("optimizer", "sgd");
}

struct NodeMade {
  const char* node;
  const char* type;
  double cpu_ms;
  double width;  ///< numbers of four bytes a record
};

/// 1,000 samples in 100 steps, of which the trainer's take so long a sample.
Profile costs_of(const std::vector<NodeMade>& nodes, double step_ms, Phase phase) {
  Profile costs;
  costs.steps = 100;
  costs.samples = 1000;
  costs.batch = 10;
  double sum = 0;
  for (const NodeMade& node : nodes) {
    costs.nodes.push_back({.node = node.node,
                           .type = node.type,
                           .segment = costs.nodes.empty() ? 0U : 1U,
                           .cpu = node.cpu_ms * 1e-3,
                           .bytes = 4 * node.width,
                           .blocked = 0.5});
    sum += node.cpu_ms * 1e-3;
  }
  costs.step_alone = costs.step_cpu = step_ms * 1e-3;
  const double each = std::max(sum, costs.step_alone);
  costs.samples_per_s = 1 / each;
  costs.seconds = 1000 * each;
  costs.step[phase] = costs.step_alone * 10;
  costs.step[Phase::Wait] = (each - costs.step_alone) * 10;
  costs.idle_cores = 1;
  return costs;
}

Diagnosis judged(const Document& graph, const Profile& costs) {
  RunFacts facts = facts_of(graph);
  facts.cores = 8;
  facts.execution.device = "cpu";
  return diagnose(facts, costs);
}

std::optional<Fix> offered_fix(const Document& graph, const Profile& costs, std::string_view begins) {
  RunFacts facts = facts_of(graph);
  facts.cores = 8;
  facts.execution.device = "cpu";
  const Diagnosis found = diagnose(facts, costs);
  for (Fix& fix : find_fixes({.document = graph, .facts = facts, .diagnosis = found}))
    if (fix.id.starts_with(begins)) return std::move(fix);
  return std::nullopt;
}

Profile fitted_costs(double width, double fit_s) {
  Profile costs = costs_of({{"source", "table", 0.01, width},
                            {"one_hot", "one_hot", 0.01, width},
                            {"features", "features", 0.01, width},
                            {"batch", "batch", 0.001, width}},
                           0.02, Phase::Add);
  costs.estimator_fit = fit_s;
  return costs;
}

}  // namespace

class TestWidthFixes : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// A fit that takes longer than all its rows is the verdict, and components in place of the features are offered.
  void fits_decide() {
    Document graph = with_learner("kernel_svm");
    const Diagnosis found = judged(graph, fitted_costs(400, 5));
    QCOMPARE(found.verdict.kind, VerdictKind::FitBound);
    QCOMPARE(found.verdict.node, std::string("learner"));
    QVERIFY(found.verdict.share > 0.9);
    QVERIFY(judged(graph, fitted_costs(400, 0.01)).verdict.kind != VerdictKind::FitBound);

    const auto fix = offered_fix(graph, fitted_costs(400, 5), "pca:");
    QVERIFY(fix.has_value());
    QCOMPARE(fix->id, std::string("pca:features"));
    QVERIFY2(fix->predicted_ratio > 2.4 && fix->predicted_ratio < 2.9,
             qPrintable(QString::number(fix->predicted_ratio)));
    QVERIFY(fix->changes_results && fix->in_fits);
    QVERIFY2(fix->why.find("all but about 15 %") != std::string::npos, fix->why.c_str());
    QVERIFY2(fix->why.find("The fit takes 99 %") != std::string::npos, fix->why.c_str());
    QVERIFY(graph.apply(fix->edit));
    QVERIFY(analyse(graph).ok());
    QVERIFY(!offered_fix(graph, fitted_costs(400, 5), "pca:features"));
    QVERIFY(!offered_fix(with_learner("kernel_svm"), fitted_costs(40, 5), "pca:"));
    QVERIFY(!offered_fix(with_learner("kernel_svm"), fitted_costs(400, 0.001), "pca:"));
  }

  /// Trees ask of one feature at a time: they keep some of them, chosen by the label.
  void trees_keep_features() {
    Document graph = with_learner("boosted_trees");
    QVERIFY(!offered_fix(graph, fitted_costs(400, 5), "pca:"));
    const auto fix = offered_fix(graph, fitted_costs(400, 5), "select:");
    QVERIFY(fix.has_value());
    QVERIFY(fix->in_fits);
    // The fit of a tree is as long as its features are many.
    QVERIFY2(fix->predicted_ratio > 3.3 && fix->predicted_ratio < 4.1,
             qPrintable(QString::number(fix->predicted_ratio)));
    QVERIFY(graph.apply(fix->edit));
    const Node* selected = graph.find("select_k_best");
    QVERIFY(selected != nullptr);
    QVERIFY(selected->params.at("keep") == Value(std::int64_t{100}));
    QCOMPARE(graph.link_into({"select_k_best", "label"})->from.node, std::string("source"));
    QVERIFY(analyse(graph).ok());
    QVERIFY(!offered_fix(graph, fitted_costs(400, 5), "select:features"));
  }

  /// Components that take a record longer than anything else: half as many.
  void preparing_is_bound_by_components() {
    Document graph =
        width_graph(width_node("source", "table", "{\"kind\": \"fraud\", \"rows\": 500}") + ", " +
                        width_node("features", "features") + ", " + width_node("pca", "pca", "{\"components\": 200}"),
                    "pca", linear_nodes());
    wire(graph, "source.row", "features.row");
    wire(graph, "features.features", "pca.features");
    add_linear(graph);
    const auto costs = [](double components) {
      return costs_of({{"source", "table", 0.02, 400},
                       {"features", "features", 0.05, 400},
                       {"pca", "pca", 2, components},
                       {"batch", "batch", 0.01, components}},
                      0.05, Phase::Forward);
    };
    const auto fix = offered_fix(graph, costs(200), "narrower:");
    QVERIFY(fix.has_value());
    QCOMPARE(fix->id, std::string("narrower:pca"));
    QVERIFY2(fix->predicted_ratio > 1.8 && fix->predicted_ratio < 2.1,
             qPrintable(QString::number(fix->predicted_ratio)));
    QVERIFY(fix->changes_results && !fix->in_fits);
    QVERIFY(graph.apply(fix->edit));
    QVERIFY(graph.find("pca")->params.at("components") == Value(std::int64_t{100}));
    QVERIFY(!offered_fix(graph, costs(40), "narrower:"));
  }

  /// Of 20,000 terms components would take longer than they save; fewer terms help the layer that reads them.
  void terms_are_bound_by_a_layer() {
    Document graph = width_graph(
        width_node("source", "generated_texts") + ", " + width_node("tf_idf", "tf_idf", "{\"size\": 20000}"), "tf_idf",
        linear_nodes());
    wire(graph, "source.text", "tf_idf.text");
    add_linear(graph);
    const Profile costs = costs_of(
        {{"source", "generated_texts", 0.005, 50}, {"tf_idf", "tf_idf", 0.05, 20000}, {"batch", "batch", 0.02, 20000}},
        0.4, Phase::Forward);
    QVERIFY(!offered_fix(graph, costs, "pca:"));
    QVERIFY(offered_fix(graph, costs, "select:tf_idf"));
    const auto fix = offered_fix(graph, costs, "narrower:tf_idf");
    QVERIFY(fix.has_value());
    QVERIFY2(fix->predicted_ratio > 1.3 && fix->predicted_ratio < 2.01,
             qPrintable(QString::number(fix->predicted_ratio)));
    QVERIFY(graph.apply(fix->edit));
    QVERIFY(graph.find("tf_idf")->params.at("size") == Value(std::int64_t{10000}));
  }
};

FEEDLINE_TEST(TestWidthFixes)

}  // namespace test_width_fixes

#include "test_width_fixes.moc"
