// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/embedded.h"
#include "graph/edit.h"
#include "graph/json.h"
#include "recording/changes.h"
#include "recording/graph_svg.h"
#include "recording/plot_svg.h"
#include "recording/report_page.h"
#include "recording/sampler.h"
#include "support/places.h"
#include "support/results.h"
#include "support/test_program.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

#include <cmath>

namespace test_report_page {

using namespace feedline;

namespace {

constexpr const char* kNasty = "<script>alert('x')</script> & \"q\" \x01 ]]>";

Document example(const char* name) {
  auto loaded = load_document(feedline::test::source_dir("/resources/examples/").toStdString() + name + ".feedline");
  if (!loaded) qFatal("%s", loaded.error().line().c_str());
  return loaded->document;
}

Document with(Document document, const std::string& node, const std::string& param, Value value) {
  const auto done = document.apply({SetParam{.node = node, .param = param, .value = std::move(value)}});
  if (!done) qFatal("%s", done.error().line().c_str());
  return document;
}

RunRecord recorded(const Document& document) {
  RunRecord run;
  run.id = 12;
  run.title = kNasty;
  run.note = kNasty;
  run.failure = kNasty;
  run.status = RunStatus::Finished;
  run.started_at = 1.7e9;
  run.ended_at = 1.7e9 + 62;
  run.seed = 7;
  run.verdict = {.kind = "read_bound", .text = kNasty};
  run.figures = {.steps = 200, .epoch = 2, .epochs = 2, .wall_s = 60, .samples_per_s = 1240, .wait_share = 0.25};
  run.metrics = test::classified(0.5);
  run.phases = {{"wait", 15}, {"forward", 45}};
  run.graph = to_json(document);
  run.parameters = {{"source.folder", kNasty}};
  run.environment = {{"processor", kNasty}};
  run.epochs = {{.epoch = 1, .metrics = test::classified(1.5, 0.5)},
                {.epoch = 2, .metrics = test::classified(0.5, 0.75)}};
  run.errors = {{.node = "decode", .file = kNasty, .message = kNasty, .count = 3}};
  run.stages = {{.node = "decode", .type = "decode", .workers = 2, .busy_s = 60, .starved_s = 30, .blocked_s = 30}};
  run.series.columns = {"time_s", "step", "samples_per_s", "wait_share", "fill:a", "fill:b"};
  run.series.values = {1, 10, 1000, 0.2, 0.5, 0.5, 2, 20, 1400, 0.3, 0.25, 0.25};
  run.loss = {{1, 2}, {100, 1}, {200, std::nan("")}};
  return run;
}

/// "M10.0 20.0L30.0 40.0" as points.
std::vector<QPointF> path_points(const QString& svg, const char* kind) {
  const QRegularExpression path(QString("<path d=\"([^\"]*)\" fill=\"none\" class=\"%1\"").arg(kind));
  static const QRegularExpression point("[ML]([0-9.-]+) ([0-9.-]+)");
  std::vector<QPointF> points;
  for (auto it = point.globalMatch(path.match(svg).captured(1)); it.hasNext();) {
    const auto match = it.next();
    points.emplace_back(match.captured(1).toDouble(), match.captured(2).toDouble());
  }
  return points;
}

QString broken_xml(const std::string& svg) {
  QXmlStreamReader reader(QByteArray::fromStdString(svg));
  while (!reader.atEnd()) reader.readNext();
  return reader.hasError() ? reader.errorString() : QString();
}

}  // namespace

/// The report of a run and what it is made of: pictures of true numbers, nothing that a name can break.
class TestReportPage : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Steps of 0.8 s, rows of 0.2 s: a rate over whole steps, not four spikes between none and 320 samples/s.
  void slow_steps_make_no_spikes() {
    Sampler sampler;
    std::vector<double> rates;
    for (int tick = 0; tick <= 100; ++tick) {
      Snapshot now;
      now.started = from_seconds(1);
      now.at = from_seconds(1 + 0.2 * tick);
      const auto steps = static_cast<std::uint64_t>(tick / 4);
      now.trainer = {.steps = steps, .samples = 64 * steps, .stepped = from_seconds(0.8 * static_cast<double>(steps))};
      now.stages = {{.node = "source"}};
      const std::vector<double> row = sampler.row(now, from_seconds(0.2));
      if (!row.empty() && steps > 0) rates.push_back(row[2]);
    }
    QCOMPARE(sampler.columns()[2], std::string("samples_per_s"));
    QVERIFY(rates.size() > 80);
    for (const double rate : rates) QVERIFY2(std::abs(rate - 80) < 0.1, QByteArray::number(rate));
  }

  void what_the_verdict_names_is_marked() {
    RunRecord run;
    run.figures.wall_s = 1;
    run.stages = {{.node = "source"}, {.node = "decode"}};
    QVERIFY(report_page(run).find("bottleneck") == std::string::npos);
    run.verdict = {.kind = "preparation_bound", .node = "decode", .text = "It is slow."};
    const QString page = QString::fromStdString(report_page(run));
    QCOMPARE(page.count("bottleneck"), 1);
    QVERIFY(page.indexOf("bottleneck") > page.indexOf("<td>decode</td>"));
  }

  void curves_are_drawn_where_their_numbers_are() {
    const Plot plot{.title = "t", .x = "x", .curves = {{"a", {{0, 0}, {5, 100}, {10, 50}}}}};
    const QString svg = QString::fromStdString(plot_svg(plot, 468, 278).svg);
    const auto points = path_points(svg, "c1");
    QCOMPARE(points.size(), std::size_t{3});
    QCOMPARE(points[0], QPointF(56, 226));   // left below: the origin
    QCOMPARE(points[1], QPointF(256, 26));   // the middle, at the top
    QCOMPARE(points[2], QPointF(456, 126));  // right, half way
    QVERIFY(plot_svg({.curves = {{"a", {{0, std::nan("")}}}}}).empty());
    QVERIFY(plot_svg({}).empty());
    // A gap breaks the curve.
    const Plot gap{.curves = {{"a", {{0, 1}, {1, std::nan("")}, {2, 1}}}}};
    QCOMPARE(QString::fromStdString(plot_svg(gap).svg).count("M"), 2);
  }

  void ticks_are_round() {
    QVERIFY((ticks(0, 10) == std::vector<double>{0, 2, 4, 6, 8, 10}));
    QVERIFY((ticks(0, 1) == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
    for (const auto& [low, high] : {std::pair{-3.0, 17.0}, {1e-9, 2e-9}, {1e6, 5e9}, {0.0, 1e-300}, {5.0, 5.0}}) {
      const auto all = ticks(low, high);
      QVERIFY(!all.empty() && all.size() <= 12);
    }
  }

  void bars_are_shares() {
    const QString svg = QString::fromStdString(
        bars_svg("t", {{"busy", markup::kBusy}, {"starved", markup::kStarved}}, {{"decode", {0.25, 0.75}}}, 222).svg);
    QVERIFY2(svg.contains("width=\"25.0\"") && svg.contains("width=\"75.0\""), qPrintable(svg));
    QVERIFY(svg.contains("75 %") && svg.contains("decode") && svg.contains("starved"));
  }

  /// The picture becomes wider, the bars stay as they are.
  void long_names_are_whole_beside_bars() {
    const QString name = "encoder/block/2/a_convolution_with_a_long_name";
    const QString svg = QString::fromStdString(
        bars_svg("t", {{"busy", markup::kBusy}}, {{name.toStdString(), {0.25}}, {"decode", {0.75}}}, 222).svg);
    QVERIFY2(svg.contains(">" + name + "<"), qPrintable(svg));
    QVERIFY2(svg.contains("width=\"25.0\"") && svg.contains("width=\"75.0\""), qPrintable(svg));
  }

  void every_picture_is_sound_xml() {
    for (const ReportPart& part : report_parts(recorded(example("quickstart"))))
      for (const markup::Picture& picture : part.pictures)
        QVERIFY2(broken_xml(picture.svg).isEmpty(), picture.svg.c_str());
  }

  void the_graph_shows_every_node_and_wire() {
    const Document document = example("quickstart");
    const QString svg = QString::fromStdString(graph_svg(document).svg);
    for (const Node& node : document.nodes())
      QVERIFY2(svg.contains(">" + QString::fromStdString(node.id) + "<"), node.id.c_str());
    QCOMPARE(svg.count("class=\"wire\""), static_cast<qsizetype>(document.links().size()));
    QVERIFY(graph_svg({}).empty());
    Document nasty = with(document, document.nodes().front().id, "folder", std::string(kNasty));
    const auto titled = nasty.apply({SetTitle{kNasty}});
    QVERIFY(titled);
    QVERIFY2(broken_xml(graph_svg(nasty).svg).isEmpty(), graph_svg(nasty).svg.c_str());
  }

  void the_page_is_whole_and_nothing_breaks_out() {
    const std::string html = report_page(recorded(example("quickstart")));
    const QString page = QString::fromStdString(html);
    for (const char* words : {"<!DOCTYPE html>", "Run 12", "1,240", "Curves", "Stages", "Epochs", "What went wrong",
                              "Graph", "Environment", "prefers-color-scheme: dark", "@media print", "</html>"})
      QVERIFY2(page.contains(words), words);
    QVERIFY(!page.contains("<script") && !page.contains('\x01'));
    QVERIFY(page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;q&quot;") >= 8);
    // Nothing is fetched from anywhere.
    static const QRegularExpression fetched("(src|href)=|url\\(|@import");
    QVERIFY2(!page.contains(fetched), qPrintable(fetched.match(page).captured()));
    QVERIFY(page.count("<svg ") >= 7);
    QCOMPARE(page.count("<section>"), page.count("</section>"));
    QCOMPARE(page.count("<table"), page.count("</table>"));
    // Two nodes of one queue are one curve.
    QVERIFY(!page.contains(">a</text>"));

    const QString bare = QString::fromStdString(report_page({}));
    QVERIFY(bare.contains("</html>") && !bare.contains("Epochs") && !bare.contains("nan"));
  }

  void changes_are_named() {
    const Document before = example("quickstart");
    QVERIFY(compare_graphs(before, before).none());
    Document after = with(before, "batch", "size", std::int64_t{17});
    const auto only = compare_graphs(before, after);
    QCOMPARE(only.parameters.size(), std::size_t{1});
    QCOMPARE(only.parameters[0].name, std::string("batch.size"));
    QCOMPARE(only.parameters[0].after, std::string("17"));
    QVERIFY(!only.wiring && only.added.empty());
    // A default that is written out is no change.
    const NodeSpec* spec = Registry::instance().find(before.find("batch")->type);
    QVERIFY(compare_graphs(with(before, "batch", "drop_last", spec->param("drop_last")->default_value),
                           with(before, "batch", "drop_last", Value(spec->param("drop_last")->default_value)))
                .none());

    const auto wire = after.apply({RemoveLink{after.links().front().to}});
    QVERIFY(wire);
    const auto node = after.apply({AddNode{{.id = "extra", .type = "linear"}}});
    QVERIFY(node);
    const auto more = compare_graphs(before, after);
    QVERIFY(more.wiring);
    QVERIFY((more.added == std::vector<std::string>{"extra"}));
    QVERIFY((compare_graphs(after, before).removed == std::vector<std::string>{"extra"}));

    RunRecord a = recorded(before);
    RunRecord b = recorded(after);
    b.id = 13;
    b.figures.samples_per_s = 2480;
    b.metrics = test::classified(0.25);
    const QString text = QString::fromStdString(what_changed(a, b));
    QVERIFY2(text.contains("batch.size went from ") && text.contains(" to 17"), qPrintable(text));
    QVERIFY2(text.contains("extra was added") && text.contains("the wiring changed"), qPrintable(text));
    QVERIFY2(text.contains("Run 13 trained at 2.00 times the rate of run 12 (2,480 against 1,240 samples/s)"),
             qPrintable(text));
    QVERIFY2(text.contains("training loss 0.2500 instead of 0.5000"), qPrintable(text));
    QVERIFY(what_changed(a, a).find("The graph is the same") == 0);

    const auto rows = parameter_rows({a, b, recorded(with(before, "batch", "size", std::int64_t{18}))});
    const auto size =
        std::find_if(rows.begin(), rows.end(), [](const ParameterRow& r) { return r.name == "batch.size"; });
    QVERIFY(size != rows.end() && size->values[1] == "17" && size->values[2] == "18");
    const auto changed = changed_parameters(after);
    QVERIFY(std::find(changed.begin(), changed.end(), std::pair<std::string, std::string>("batch.size", "17")) !=
            changed.end());
  }
};

FEEDLINE_TEST(TestReportPage)

}  // namespace test_report_page

#include "test_report_page.moc"
