// SPDX-License-Identifier: GPL-3.0-or-later

// The curve of what more processes would bring, on models whose numbers are known.

#include "gui/base/theme.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/diagnosis/fix_list.h"
#include "gui/diagnosis/scaling_plot.h"
#include "gui/diagnosis/whatif_form.h"
#include "support/results.h"
#include "support/synthetic.h"
#include "support/test_program.h"

#include <QPushButton>
#include <QSlider>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>
#include <qcustomplot.h>

#include <cmath>

namespace test_scaling_plot {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

/// Two ranks were measured, of 64 rows of a batch of 128: 10 ms whatever they are, 1 ms a row; no data side, a network
/// without limits.
ScalingModel two_ranks() {
  ScalingModel model;
  model.ranks = 2;
  model.batch = 128;
  model.rows = 64;
  model.once = 0.010;
  model.kernels = 0.064;
  model.on_cpu = false;
  model.network = {.latency = 0, .bytes_per_s = 1e15, .cpu_message = 0, .measured = true};
  return model;
}

/// Of two ranks that make 20 steps a second, of which each waits 10 ms for the other's gradients.
Snapshot at_second(double t) {
  Snapshot now;
  now.started = from_seconds(1);
  now.at = from_seconds(1 + t);
  now.trainer.steps = static_cast<std::uint64_t>(20 * t);
  now.trainer.samples = 32 * now.trainer.steps;
  now.trainer.times = times_of({{Phase::Wait, from_seconds(0.1 * t)},
                                {Phase::Forward, from_seconds(0.25 * t)},
                                {Phase::Backward, from_seconds(0.45 * t)},
                                {Phase::Reduce, from_seconds(0.2 * t)}});
  now.trainer.stepped = now.trainer.times.total();
  for (int i = 0; i < 2; ++i) {
    RankSample& rank = now.ranks.emplace_back();
    rank.rank = i;
    rank.host = "here";
    rank.steps = now.trainer.steps;
    rank.samples = 16 * rank.steps;
    rank.times = now.trainer.times;
  }
  return now;
}

int pixels_of(QWidget& widget, const QColor& color) {
  const QImage picture = widget.grab().toImage();
  int found = 0;
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x) found += picture.pixelColor(x, y) == color ? 1 : 0;
  return found;
}

}  // namespace

class TestScalingPlot : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void cleanup() { Theme::instance().set_mode(Theme::Mode::Light); }

  void draws_what_the_form_says() {
    ScalingPlot plot;
    plot.resize(480, 320);
    plot.show();
    plot.show_scaling(two_ranks());
    QCOMPARE(plot.shared()->dataCount(), 11);
    QCOMPARE(plot.grown()->dataCount(), 11);
    // One rank takes 138 ms for the batch, two 74 ms.
    QVERIFY(std::abs(plot.shared()->data()->at(0)->value - 128 / 0.138) < 1e-6);
    QVERIFY(std::abs(plot.shared()->data()->at(1)->value - 128 / 0.074) < 1e-6);
    QVERIFY(std::abs(plot.grown()->data()->at(3)->value - 8 * 64 / 0.074) < 1e-6);
    QCOMPARE(plot.measured()->data()->at(0)->key, 2.0);
    QVERIFY(std::abs(plot.measured()->data()->at(0)->value - 128 / 0.074) < 1e-6);
    // 128 / (10 + 128 / n) ms: the sixth rank brings 490 samples/s, the seventh 440, and half of one rank's are 464.
    const std::size_t until = 6;
    QVERIFY(plot.pays()->visible());
    QCOMPARE(plot.pays()->point1->key(), static_cast<double>(until));
    QVERIFY2(plot.text().contains(QString("one more than %1 ranks").arg(until)), qPrintable(plot.text()));
    QVERIFY2(plot.text().startsWith("Measured with 2 ranks: 1,730 samples/s."), qPrintable(plot.text()));
    QVERIFY(plot.text().contains("The network between machines, measured"));
    for (QCPAxis* axis : {plot.plot()->xAxis, plot.plot()->yAxis}) {
      QVERIFY(axis->range().lower > 0);
      QVERIFY(axis->scaleType() == QCPAxis::stLogarithmic);
    }
  }

  void says_what_stands_at_a_place() {
    ScalingPlot plot;
    plot.resize(480, 320);
    plot.show();
    QVERIFY(plot.point_text({200, 100}).isEmpty());
    plot.show_scaling(two_ranks());
    plot.plot()->replot();
    const int x = static_cast<int>(std::lround(plot.plot()->xAxis->coordToPixel(2.2)));
    const QString text = plot.point_text({x, plot.plot()->axisRect()->center().y()});
    QVERIFY2(text.startsWith("2 ranks: 1,730 samples/s, 93 %"), qPrintable(text));
    QVERIFY(plot.point_text({1, 1}).isEmpty());
  }

  void a_rank_alone_assumes_its_network() {
    ScalingModel model = two_ranks();
    model.ranks = 1;
    model.network.measured = false;
    model.once = 0;
    model.batch = model.rows = 4096;  // four rows each
    ScalingPlot plot;
    plot.show_scaling(model);
    QVERIFY(plot.text().contains("The network between machines is assumed"));
    QVERIFY(!plot.pays()->visible());
    QVERIFY(plot.text().contains("all of them pay"));
    // What the curve rests on is said.
    QVERIFY2(plot.text().contains("Each has a machine of 1 core to itself."), qPrintable(plot.text()));
    QVERIFY(plot.text().contains("counts as nothing"));
    model.fixed_measured = true;
    model.per_machine = 4;
    model.cores = 2;
    plot.show_scaling(model);
    QVERIFY2(plot.text().contains("Up to 4 ranks share a machine of 2 cores"), qPrintable(plot.text()));
    QVERIFY(plot.text().contains("Within a machine, assumed") && !plot.text().contains("counts as nothing"));
  }

  /// In the panel it is folded away, but not where several processes train.
  void opens_by_itself_for_a_run_of_ranks_data() {
    QTest::addColumn<bool>("alone");
    QTest::newRow("one process") << true;
    QTest::newRow("two") << false;
  }
  void opens_by_itself_for_a_run_of_ranks() {
    QFETCH(bool, alone);
    QTemporaryDir folder;
    const Document graph = synthetic_graph(folder.path(), {.stages = {{.wait_ms = 1}}, .workers = 1});
    DiagnosisPanel panel;
    panel.resize(900, 500);
    panel.show();
    panel.begin(graph, {.execution = facts_of(graph).execution});
    for (const double t : {2.0, 4.0, 6.0}) {
      Snapshot now = at_second(t);
      if (alone) now.ranks.clear();
      panel.show_snapshot(now);
    }
    QVERIFY(panel.live().diagnosis().has_value());
    QCOMPARE(panel.scaling().isVisible(), !alone);
    auto* unfold = panel.findChild<QToolButton*>("unfold_scaling");
    QVERIFY(unfold->isVisible());
    if (alone) QTest::mouseClick(unfold, Qt::LeftButton);
    QVERIFY(panel.scaling().isVisible());
    QVERIFY2(panel.scaling().text().startsWith(alone ? "Measured with 1 rank:" : "Measured with 2 ranks:"),
             qPrintable(panel.scaling().text()));
    // A proof has as many processes as the run.
    panel.fix_list().show_fixes({{.id = "prefetch", .title = "prefetch"}});
    QVERIFY(panel.fix_list().button("prefetch", "prove")->isEnabled());
    panel.reset();
    QVERIFY(!panel.scaling().isVisible() && !unfold->isVisible());
  }

  /// Where a network can be trained by several processes, and nowhere else.
  void sliders_ask_for_ranks_and_their_network() {
    WhatIfForm form;
    RunFacts facts;
    facts.network = true;
    form.set_facts(facts, {});
    form.slider("ranks")->setValue(3);
    form.slider("network")->setValue(3);
    QVERIFY(form.change().of_ranks());
    QCOMPARE(form.change().ranks, std::optional<std::size_t>(8));
    QVERIFY(std::abs(form.change().network_bytes_per_s.value_or(0) - 125e6) < 1);
    facts.execution.stages = 2;
    form.set_facts(facts, {});
    QVERIFY(!form.slider("ranks")->isEnabled() && !form.slider("network")->isEnabled());
    QVERIFY(form.change().nothing());
  }

  void is_drawn_in_both_themes_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }
  void is_drawn_in_both_themes() {
    QFETCH(bool, dark);
    ScalingPlot plot;
    plot.resize(480, 320);
    plot.show();
    plot.show_scaling(two_ranks());
    Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
    plot.plot()->replot();
    const Theme::Colors& colors = Theme::instance().colors();
    QVERIFY(pixels_of(plot, colors.panel) > 480 * 320 / 4);
    QVERIFY(pixels_of(plot, colors.train) > 40);
    QVERIFY(pixels_of(plot, colors.accent) > 20);  // the disc of what was measured
  }
};

FEEDLINE_WINDOW_TEST(TestScalingPlot)

}  // namespace test_scaling_plot

#include "test_scaling_plot.moc"
