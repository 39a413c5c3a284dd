// SPDX-License-Identifier: GPL-3.0-or-later
// What is predicted is a number: graphs that are built for one know its scale, and a class in its place is told.
#include "engine/data_at.h"
#include "engine/data_notices.h"
#include "graph/validate.h"
#include "plan/plan.h"
#include "support/fixtures.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>

namespace test_number_targets {

using namespace feedline;
using namespace feedline::test;

class TestNumberTargets : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  [[nodiscard]] SourceContext context() const {
    return {.cache_folder = folder_.filePath("cache").toStdString(), .stop = {}, .progress = {}};
  }
  /// 600 houses: prices of 1,000,000 to 1,225,000, ten different ones, and two kinds.
  [[nodiscard]] QString houses() const {
    QByteArray text = "rooms,kind,price\n";
    for (int i = 0; i < 600; ++i)
      text += QByteArray::number(i % 10) + (i % 3 == 0 ? ",flat," : ",house,") +
              QByteArray::number(1'000'000.5 + 25'000.0 * (i % 10), 'f', 1) + "\n";
    write_file(folder_.filePath("houses.csv"), text);
    return folder_.filePath("houses.csv");
  }
  [[nodiscard]] StarterData built_for(const char* label) const {
    auto data = data_at(houses().toStdString());
    if (data && !predict_column(*data, label)) qFatal("no column");
    if (data) data = look_into(std::move(*data), context());
    if (!data) qFatal("%s", data.error().line().c_str());
    return std::move(*data);
  }
  /// As the window knows the graph once its source has been opened.
  [[nodiscard]] Analysis known(const Document& document) const {
    const auto source = open_source("csv", document.find("source")->params, folder_.filePath("cache"));
    if (!source) qFatal("%s", source.error().line().c_str());
    return analyse(document, {{"source", (*source)->outputs()}});
  }
  [[nodiscard]] std::vector<Error> notices_of(const Document& graph) const {
    const auto plan = make_plan(graph, {.sources = context()});
    if (!plan) qFatal("%s", plan.error().line().c_str());
    std::vector<Error> found = data_notices(**plan);
    std::erase_if(found, [](const Error& notice) { return notice.node == "source"; });  // small classes
    return found;
  }

 private Q_SLOTS:
  void a_graph_for_a_number_knows_its_scale() {
    const StarterData data = built_for("price");
    QVERIFY(data.number);
    const auto graph = starter_graph(data);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    // Of the records that train alone: what validates is not looked at.
    const auto plan = make_plan(*graph, {.sources = context()});
    QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
    const SamplerPlan& training = (*plan)->train.sampler;
    QCOMPARE(training.count, std::uint64_t{480});
    double mean = 0;
    double square = 0;
    for (std::uint64_t i = 0; i < training.count; ++i) {
      const double price = 1'000'000.5 + 25'000.0 * static_cast<double>(training.record(0, i) % 10);
      mean += price / 480;
      square += price * price / 480;
    }
    const double deviation = std::sqrt(square - mean * mean);
    QVERIFY2(std::abs(data.label_mean / mean - 1) < 0.0006, qPrintable(QString::number(data.label_mean)));
    QVERIFY2(std::abs(data.label_deviation / deviation - 1) < 0.0006,
             qPrintable(QString::number(data.label_deviation)));
    const Node* scale = graph->find("scale_output");
    QVERIFY(scale != nullptr && scale->type == "scale_output");
    QCOMPARE(std::get<double>(scale->params.at("mean")), data.label_mean);
    QCOMPARE(std::get<double>(scale->params.at("deviation")), data.label_deviation);
    const auto& links = graph->links();
    const auto wired = [&](const PortRef& from, const PortRef& to) {
      return std::any_of(links.begin(), links.end(),
                         [&](const Link& link) { return link.from == from && link.to == to; });
    };
    QVERIFY(wired({"scale_output", "y"}, {"loss", "prediction"}));
    QVERIFY(known(*graph).problems.empty());
    QVERIFY(starter_graph(built_for("kind"))->find("scale_output") == nullptr);
  }

  /// The loss of numbers would take the places of classes in their list for the numbers that they are called by.
  void a_class_in_place_of_a_number_is_told() {
    Document document = *starter_graph(built_for("price"));
    QVERIFY(document.apply({SetParam{"source", "label_kind", std::string("class")}}));
    const Analysis analysis = known(document);
    QVERIFY(analysis.ok());
    QCOMPARE(analysis.problems.size(), std::size_t{1});
    const Problem& problem = analysis.problems.front();
    QVERIFY(problem.severity == Problem::Severity::Warning);
    QCOMPARE(problem.error.node, std::string("loss"));
    QCOMPARE(problem.error.port, std::string("target"));
    QVERIFY2(problem.error.reason.find("10 classes") != std::string::npos, problem.error.reason.c_str());
    QVERIFY2(problem.error.remedy.find("label_kind") != std::string::npos, problem.error.remedy.c_str());

    const std::vector<Error> notices = notices_of(document);
    QCOMPARE(notices.size(), std::size_t{1});
    QCOMPARE(notices.front().node, std::string("loss"));
    QCOMPARE(notices.front().reason, problem.error.reason);
    QVERIFY(notices_of(*starter_graph(built_for("kind"))).empty());
  }

  /// A graph drawn by hand, or one whose label has become another: what to set is said.
  void a_scale_far_from_the_target_is_told() {
    Document document = *starter_graph(built_for("price"));
    QVERIFY(notices_of(document).empty());
    QVERIFY(document.apply({SetParam{"scale_output", "mean", 12.5}}));
    QVERIFY(document.apply({SetParam{"scale_output", "deviation", 3.0}}));
    std::vector<Error> notices = notices_of(document);
    QCOMPARE(notices.size(), std::size_t{1});
    QCOMPARE(notices.front().node, std::string("scale_output"));
    QVERIFY2(notices.front().reason.find("12.5 ± 3") != std::string::npos, notices.front().reason.c_str());
    QVERIFY2(notices.front().remedy.starts_with("Set mean 1"), notices.front().remedy.c_str());

    const PortRef last{"linear3", "y"};
    QVERIFY(document.apply({RemoveNode{"scale_output"}}));
    QVERIFY(document.apply({AddLink{.link = {.from = last, .to = {"loss", "prediction"}}}}));
    notices = notices_of(document);
    QCOMPARE(notices.size(), std::size_t{1});
    QCOMPARE(notices.front().node, std::string("loss"));
    QCOMPARE(notices.front().port, std::string("prediction"));
    QVERIFY2(notices.front().remedy.find("scale_output between linear3") != std::string::npos,
             notices.front().remedy.c_str());
  }

  void a_number_in_place_of_a_class_is_refused() {
    Document document = *starter_graph(built_for("kind"));
    QVERIFY(document.apply({SetParam{"source", "label", std::string("price")}}));
    const Analysis analysis = known(document);
    QVERIFY(!analysis.ok());
    const Error& error = analysis.problems.front().error;
    QCOMPARE(error.node, std::string("loss"));
    QCOMPARE(error.port, std::string("target"));
    QVERIFY2(error.remedy.find("mse") != std::string::npos, error.remedy.c_str());
    QVERIFY(!make_plan(document, {.sources = context()}));
  }
};

FEEDLINE_TEST(TestNumberTargets)

}  // namespace test_number_targets

#include "test_number_targets.moc"
