// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: its loads do.
// What a faster node would bring, measured on runs whose truth is known: their loads only wait, so it is the same on
// any machine.
#include "support/synthetic.h"
#include "support/test_program.h"
#include "tuning/virtual_gain.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

namespace test_virtual_gain {

using namespace feedline;
using namespace feedline::test;

class TestVirtualGain : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void what_a_faster_node_would_bring_data() {
    QTest::addColumn<bool>("staged");
    QTest::addColumn<QString>("node");
    QTest::addColumn<double>("factor");
    QTest::addColumn<double>("truth");
    // One worker carries both loads: 4 + 2 ms a record.
    QTest::newRow("half of a shared worker's time") << false << "load1" << 2.0 << 6.0 / 4;
    QTest::newRow("the lesser load") << false << "load2" << 2.0 << 6.0 / 5;
    // Each load has a worker, the slower one sets the rate.
    QTest::newRow("the slowest stage, until the next one limits") << true << "load1" << 4.0 << 4.0 / 2;
    QTest::newRow("a stage that does not limit") << true << "load2" << 2.0 << 1.0;
    QTest::newRow("a step that does not limit") << false << "trainer" << 4.0 << 1.0;
  }
  void what_a_faster_node_would_bring() {
    QFETCH(bool, staged);
    QFETCH(QString, node);
    QFETCH(double, factor);
    QFETCH(double, truth);
    const Document graph = synthetic_graph(
        folder_.path(), {.stages = {{.wait_ms = 4}, {.wait_ms = 2}}, .workers = 1, .prefetch = 2, .staged = staged});
    // A machine that is busy elsewhere wakes sleepers late, and then one measurement may be off; not three in a row.
    QString found;
    for (int attempt = 0; attempt < 3; ++attempt) {
      int pairs = 0;
      const auto gain = measure_virtual_gain(
          graph, node.toStdString(), factor,
          {.seconds = 0, .slice = 0.4, .least_pairs = 3, .on_pair = [&](const RatioEstimate&) { ++pairs; }});
      QVERIFY2(gain.has_value(), gain ? "" : gain.error().line().c_str());
      QCOMPARE(pairs, 3);
      found += QString("measured %1, predicted %2; ").arg(gain->ratio.ratio).arg(gain->predicted);
      const auto right = [&](double ratio) { return std::abs(ratio / truth - 1) < 0.12; };
      if (right(gain->ratio.ratio) && right(gain->predicted) && gain->agree()) return;
    }
    QFAIL(qPrintable(found));
  }

  void an_unknown_node_is_named() {
    const Document graph = synthetic_graph(folder_.path(), {.stages = {{.wait_ms = 1}}});
    const auto gain = measure_virtual_gain(graph, "nobody", 2, {.seconds = 0, .slice = 0.1});
    QVERIFY(!gain.has_value());
    QCOMPARE(gain.error().node, std::string("nobody"));
  }

 private:
  QTemporaryDir folder_{};
};

FEEDLINE_TEST(TestVirtualGain)

}  // namespace test_virtual_gain

#include "test_virtual_gain.moc"
