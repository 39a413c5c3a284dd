// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"
#include "graph/validate.h"
#include "support/fake_nodes.h"
#include "support/test_program.h"

#include <QTest>

namespace test_validate {

using namespace feedline;
using feedline::test::Graph;
using feedline::test::trainable;

namespace {

Analysis look(const Document& document, const ProbedSources& probed = {}) {
  return analyse(document, probed, test::fake_registry());
}

Graph without(Graph graph, const std::string& node, const std::string& port) {
  Document document = graph.document();
  (void)document.apply({RemoveLink{{node, port}}});
  Graph copy;
  for (const Node& n : document.nodes()) copy.add(n.id + ":" + n.type);
  for (const Link& l : document.links()) copy.add(l.from.text() + ">" + l.to.text());
  return copy;
}

QStringList lines(const Analysis& analysis, Problem::Severity severity) {
  QStringList all;
  for (const Problem& p : analysis.problems)
    if (p.severity == severity) all << QString::fromStdString(p.error.line());
  return all;
}

/// `n` resize nodes in a row between a source and a batch.
Graph chain(int n) {
  std::string text = "source:pictures ";
  for (int i = 0; i < n; ++i) text += "r" + std::to_string(i) + ":resize ";
  text += "source.image>r0.image ";
  for (int i = 1; i < n; ++i) text += "r" + std::to_string(i - 1) + ".image>r" + std::to_string(i) + ".image ";
  return Graph(text);
}

}  // namespace

class TestValidate : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_sound_graph_has_no_problems() {
    const Analysis analysis = look(trainable().document());
    QVERIFY2(analysis.problems.empty(), lines(analysis, Problem::Severity::Error).join('\n').toUtf8());
    QVERIFY(analysis.ok());
    QCOMPARE(analysis.order.size(), trainable().document().nodes().size());
  }

  void each_problem_names_node_port_reason_and_remedy_data() {
    QTest::addColumn<Document>("document");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const Graph& graph, const char* words) {
      QTest::newRow(name) << graph.document() << words;
    };
    row("unknown type", trainable().add("odd:resiez"), "odd|unknown node type 'resiez'|resize");
    row("far-off type", trainable().add("odd:xylophone"), "odd|xylophone|feedline-cli nodes");
    row("out of range", trainable().set("batch", "size", std::int64_t{0}), "batch.size|0 is out of range|1 to 65536");
    row("wrong type", trainable().set("batch", "size", std::string("many")), "batch.size|many|integer");
    row("real for integer", trainable().set("batch", "size", 2.5), "batch.size|2.5|integer");
    row("list for integer", trainable().set("batch", "size", RawJson{"[1]"}), "batch.size|[1]|integer");
    row("unset folder", trainable().add("f:files"), "f.folder|no folder is set|--set f.folder=PATH");
    row("unconnected input", without(trainable(), "loss", "target"), "loss:target|no wire enters|target");
    row("nothing that learns", without(trainable(), "trainer", "loss"),
        "trainer:loss|no wire enters|gives loss|to estimator instead");
    row("an estimator and a loss",
        trainable().add("n:neighbours batch.image>n.x batch.label>n.target n.estimator>trainer.estimator"),
        "trainer:loss|wires enter both this input and estimator|Remove the one or the other");
    row("an estimator and an optimiser", test::estimating().add("sgd:sgd sgd.optimizer>trainer.optimizer"),
        "trainer:optimizer|both this input and estimator|Remove");
    row("a loss into the estimator's input", without(trainable(), "trainer", "loss").add("loss.loss>trainer.estimator"),
        "trainer:estimator|takes estimator|gives loss");
    row("unconnected any input", without(trainable(), "shuffle", "sample"),
        "shuffle:sample|no wire|values of one record");
    row("cache behind a random node",
        trainable().add("j:jitter r:resize keep:cache source.image>j.image j.image>r.image r.image>keep.sample"),
        "keep:sample|j drew at random|in front of j, or remove it");
    row("no such output", trainable().add("r:resize source.picture>r.image"),
        "source:picture|no such output|image, label");
    row("no such input", trainable().add("r:resize source.image>r.picture"), "r:picture|no such input|image");
    row("input as start", trainable().add("r:resize r2:resize source.image>r2.image linear.x>r.image"),
        "r:image|takes image|linear.x gives tensor");
    row("encoded into image", trainable().add("f:files r:resize f.file>r.image"),
        "r:image|takes image, but f.file gives encoded|decode node between");
    row("image into tensor", trainable().add("l:linear source.image>l.x"),
        "l:x|takes tensor|gives image|batch node between");
    row("encoded into tensor", trainable().add("f:files l:linear f.file>l.x"),
        "l:x|decode node and a batch node between");
    row("label into target", trainable().add("c:cross_entropy linear.x>c.prediction source.label>c.target"),
        "c:target|takes target|gives label|batch");
    row("through shuffle", trainable().add("f:files s:shuffle r:resize f.file>s.sample s.sample>r.image"),
        "r:image|s.sample gives encoded|decode");
    row("tensor into any", trainable().add("s:shuffle linear.x>s.sample"),
        "s:sample|values of one record|in front of the batch");
    row("circle", trainable().add("a:resize b:resize a.image>b.image b.image>a.image"),
        "a|cycle: a → b → a|Remove one");
    row("feeds itself", trainable().add("a:resize a.image>a.image"), "a|cycle: a → a");
    row("output without its input", trainable().add("l:linear batch.tokens>l.x"),
        "l:x|batch.tokens gives nothing|Wire the input tokens of batch");
    row("infer fails",
        trainable().add("batch2:batch add:add describe:describe source.image>describe.image "
                        "describe.features>batch2.features batch.image>add.a batch2.features>add.b"),
        "add|differ in shape|Make them alike");
    row("two trainers", trainable().add("t2:trainer loss.loss>t2.loss sgd.optimizer>t2.optimizer"),
        "t2|2 trainers: trainer and t2|Keep one");
    row("no trainer", Graph("source:pictures"), "nothing to train|Add a trainer");
    row("no source", Graph("sgd:sgd"), "no data|Add a source");
    row("two sources in a batch", trainable().add("p:pictures b:batch source.image>b.image p.label>b.label"),
        "b:label|two sources, source and p|one source");
    row("two shuffles in a row", trainable().add("s2:shuffle b:batch shuffle.sample>s2.sample s2.sample>b.image"),
        "s2|ordered by shuffle|again by s2|Remove one");
    row("two shuffles side by side",
        trainable().add("s2:shuffle b:batch source.image>s2.sample s2.sample>b.image shuffle.label>b.label"),
        "b:label|two nodes, s2 and shuffle|Remove one");
  }
  void each_problem_names_node_port_reason_and_remedy() {
    QFETCH(Document, document);
    QFETCH(QString, words);
    const Analysis analysis = look(document);
    QVERIFY(!analysis.ok());
    const QStringList errors = lines(analysis, Problem::Severity::Error);
    bool found = false;
    for (const QString& line : errors) {
      bool all = true;
      for (const QString& word : words.split('|')) all = all && line.contains(word);
      found = found || all;
    }
    QVERIFY2(found, errors.join('\n').toUtf8());
    for (const Problem& p : analysis.problems)
      if (!p.error.node.empty() && p.severity == Problem::Severity::Error)
        QVERIFY2(!p.error.remedy.empty(), p.error.line().c_str());
  }

  void warnings_do_not_forbid_a_run() {
    Document document =
        trainable().set("resize", "sise", std::int64_t{3}).add("r:resize shuffle.sample>r.image").document();
    const Analysis analysis = look(document);
    QVERIFY(analysis.ok());
    const QString all = lines(analysis, Problem::Severity::Warning).join('\n');
    QVERIFY2(all.contains("resize.sise: ") && all.contains("'size'"), qPrintable(all));
    QVERIFY2(all.contains("r: nothing uses its output"), qPrintable(all));
    QCOMPARE(analysis.problems.size(), std::size_t{2});

    QVERIFY(look(test::estimating().document()).problems.empty());
    const Analysis ignored = look(test::estimating().set("trainer", "replicas", std::int64_t{3}).document());
    QVERIFY(ignored.ok());
    QVERIFY(
        lines(ignored, Problem::Severity::Warning).join("").contains("trainer.replicas: it counts only with a wire"));
    QVERIFY(look(trainable().set("trainer", "replicas", std::int64_t{3}).document()).problems.empty());
    QVERIFY(look(test::estimating().set("trainer", "replicas", std::int64_t{0}).document()).problems.empty());

    Document newer = trainable().document();
    QVERIFY(newer.apply({RemoveNode{"sgd"}}));
    QVERIFY(newer.apply({AddNode{Node{.id = "sgd", .type = "sgd", .version = 5}}}));
    QVERIFY(newer.apply({AddLink{Link{.from = {"sgd", "optimizer"}, .to = {"trainer", "optimizer"}}}}));
    QVERIFY(look(newer).ok());
    QVERIFY(lines(look(newer), Problem::Severity::Warning).join("").contains("newer Feedline"));
  }

  void a_fault_is_reported_once_and_not_down_the_line() {
    const Analysis bad = look(trainable().set("resize", "size", std::int64_t{-1}).document());
    QCOMPARE(lines(bad, Problem::Severity::Error).size(), 1);
    const Analysis unknown =
        look(trainable().add("x:martian y:resize x.image>y.image z:resize y.image>z.image").document());
    QCOMPARE(lines(unknown, Problem::Severity::Error).size(), 1);
    const Analysis circle =
        look(trainable().add("a:resize b:resize c:resize a.image>b.image b.image>a.image b.image>c.image").document());
    QCOMPARE(lines(circle, Problem::Severity::Error).size(), 1);
  }

  void problems_come_in_the_order_of_nodes() {
    const Analysis analysis = look(Graph("t:trainer b:resize a:martian").set("b", "size", std::int64_t{0}).document());
    QStringList nodes;
    for (const Problem& p : analysis.problems) nodes << QString::fromStdString(p.error.node);
    QCOMPARE(nodes, QStringList({"t", "t", "b", "b", "b", "a", ""}));
  }

  void order_goes_forward_and_leaves_circles_out() {
    const Graph graph(
        "c:resize b:resize source:pictures x:resize y:resize b.image>c.image source.image>b.image x.image>y.image "
        "y.image>x.image");
    const Analysis analysis = look(graph.document());
    QStringList order;
    for (const std::size_t i : analysis.order) order << QString::fromStdString(graph.document().nodes()[i].id);
    QCOMPARE(order, QStringList({"source", "b", "c"}));
  }

  void every_knot_is_named_once() {
    const Analysis analysis = look(Graph("a:add b:add c:add d:add a.x>b.a b.x>a.a b.x>c.a c.x>a.b d.x>d.a").document());
    QStringList circles;
    for (const QString& line : lines(analysis, Problem::Severity::Error))
      if (line.contains("cycle")) circles << line;
    QCOMPARE(circles.size(), 2);
    QVERIFY(circles[0].contains("a → b → a"));
    QVERIFY(circles[1].contains("d → d"));
  }

  void shapes_are_symbols_until_the_source_is_known() {
    const Analysis before = look(trainable().document());
    QCOMPARE(before.at({"source", "image"})->text(), std::string("u8 H×W×3 HWC"));
    QCOMPARE(before.at({"shuffle", "sample"})->kind, Kind::Image);
    QCOMPARE(before.at({"resize", "image"})->text(), std::string("u8 8×8×3 HWC"));
    QCOMPARE(before.at({"batch", "image"})->kind, Kind::Tensor);
    QCOMPARE(before.at({"batch", "label"})->kind, Kind::Target);
    QVERIFY(before.at({"batch", "tokens"}) == nullptr);
    QCOMPARE(before.at({"linear", "x"})->text(), std::string("f32 N×classes"));

    TensorDesc picture = *before.at({"source", "image"});
    TensorDesc label = *before.at({"source", "label"});
    picture.shape = {20, 30, 3};
    label.classes = 7;
    const Analysis after = look(trainable().document(), {{"source", {picture, label}}});
    QVERIFY(after.ok());
    QCOMPARE(after.at({"source", "image"})->text(), std::string("u8 20×30×3 HWC"));
    QCOMPARE(after.at({"linear", "x"})->text(), std::string("f32 N×7"));
    QCOMPARE(after.at({"batch", "label"})->classes, Dim(7));
  }

  void a_model_of_another_width_is_refused_once_the_classes_are_known() {
    const Document document = trainable().set("linear", "units", std::int64_t{5}).document();
    const Analysis before = look(document);
    QVERIFY(before.ok());
    TensorDesc label = *before.at({"source", "label"});
    label.classes = 7;
    const Analysis after = look(document, {{"source", {*before.at({"source", "image"}), label}}});
    QVERIFY(
        lines(after, Problem::Severity::Error).join("").contains("loss: the model gives another number of classes"));
  }

  void probed_sources_of_the_wrong_form_are_an_error_not_a_crash() {
    QVERIFY(!look(trainable().document(), {{"source", {}}}).ok());
  }

  void inference_is_linear_in_the_graph() {
    std::vector<std::size_t> calls;
    for (const int n : {50, 500, 5000}) {
      const Document document = chain(n).document();
      const std::size_t before = test::infer_calls();
      const Analysis analysis = look(document);
      calls.push_back(test::infer_calls() - before);
      QCOMPARE(analysis.order.size(), static_cast<std::size_t>(n) + 1);
      QCOMPARE(analysis.outputs.size(), static_cast<std::size_t>(n) + 2);
    }
    QCOMPARE(calls, (std::vector<std::size_t>{51, 501, 5001}));
  }

  void diamonds_do_not_multiply_the_work() {
    std::string text = "s:pictures b:batch l0:linear s.image>b.image b.image>l0.x ";
    std::string last = "l0.x";
    for (int i = 0; i < 40; ++i) {
      const std::string add = "a" + std::to_string(i);
      text += add + ":add " + last + ">" + add + ".a " + last + ">" + add + ".b ";
      last = add + ".x";
    }
    const std::size_t before = test::infer_calls();
    QVERIFY(look(Graph(text).document()).at({"a39", "x"}) != nullptr);
    QCOMPARE(test::infer_calls() - before, std::size_t{43});
  }

  void check_connect_decides_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<bool>("replacing");
    QTest::addColumn<QString>("words");  // empty: allowed
    QTest::newRow("allowed") << "source.image"
                             << "free.image" << false << "";
    QTest::newRow("through any") << "shuffle.sample"
                                 << "free.image" << false << "";
    QTest::newRow("open any") << "idle.sample"
                              << "free.image" << false << "";
    QTest::newRow("open any into the model") << "idle.sample"
                                             << "l2.x" << false << "l2:x|takes tensor";
    QTest::newRow("into any") << "source.label"
                              << "idle.sample" << false << "";
    QTest::newRow("batch into validation") << "batch.batch"
                                           << "trainer.validation" << false << "";
    QTest::newRow("kind") << "source.label"
                          << "free.image" << false << "free:image|takes image|source.label gives label";
    QTest::newRow("wrong label") << "batch.label"
                                 << "l2.x" << false << "takes tensor|gives target";
    QTest::newRow("taken") << "source.image"
                           << "resize.image" << false << "resize:image|already takes a wire from shuffle.sample";
    QTest::newRow("replacing") << "source.image"
                               << "resize.image" << true << "";
    QTest::newRow("circle") << "free.image"
                            << "shuffle.sample" << true << "";
    QTest::newRow("real circle") << "resize.image"
                                 << "shuffle.sample" << true << "cycle|resize already depends on shuffle";
    QTest::newRow("itself") << "free.image"
                            << "free.image" << false << "cannot feed itself";
    QTest::newRow("no node") << "nobody.image"
                             << "free.image" << false << "nobody:image|no such node";
    QTest::newRow("unknown type") << "alien.out"
                                  << "free.image" << false << "alien|martian";
    QTest::newRow("two inputs") << "free.image"
                                << "batch.batch" << false << "batch:batch|it is an output";
    QTest::newRow("two outputs") << "batch.nothing"
                                 << "l2.x" << false << "batch:nothing|no such output|image, features";
  }
  void check_connect_decides() {
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(bool, replacing);
    QFETCH(QString, words);
    const Document document = trainable().add("free:resize idle:shuffle l2:linear alien:martian").document();
    const auto port = [](const QString& text) {
      return PortRef{text.section('.', 0, 0).toStdString(), text.section('.', 1).toStdString()};
    };
    const auto error = check_connect(document, port(from), port(to), replacing, test::fake_registry());
    QCOMPARE(error.has_value(), !words.isEmpty());
    if (!error) return;
    const QString line = QString::fromStdString(error->line());
    for (const QString& word : words.split('|')) QVERIFY2(line.contains(word), qPrintable(line));
  }

  void check_connect_and_analyse_agree() {
    // Every possible wire between two fresh nodes: refused by the one exactly if the other reports it.
    const Document base =
        trainable().add("r:resize d:decode s:shuffle b:batch l:linear a:add c:cross_entropy f:files").document();
    std::size_t allowed = 0;
    for (const Node& n : base.nodes())
      for (const Node& m : base.nodes())
        for (const PortSpec& out : test::fake_registry().find(n.type)->outputs)
          for (const PortSpec& in : test::fake_registry().find(m.type)->inputs) {
            const PortRef from{n.id, out.name};
            const PortRef to{m.id, in.name};
            if (base.link_into(to) != nullptr) continue;
            Document wired = base;
            QVERIFY(wired.apply({AddLink{Link{.from = from, .to = to}}}));
            bool reported = false;
            for (const Problem& p : look(wired).problems) {
              const std::string line = p.error.line();
              reported = reported || (p.error.node == to.node && p.error.port == to.port &&
                                      line.find("takes ") != std::string::npos);
              reported = reported || line.find("cycle") != std::string::npos;
            }
            const auto error = check_connect(base, from, to, false, test::fake_registry());
            QVERIFY2(error.has_value() == reported, (from.text() + " > " + to.text()).c_str());
            allowed += error ? 0 : 1;
          }
    QVERIFY(allowed > 10);
  }
};

FEEDLINE_TEST(TestValidate)

}  // namespace test_validate

#include "test_validate.moc"
