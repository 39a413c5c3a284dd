// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: for the next picture of the canvas.
// What a run adds to the canvas.
#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/canvas/wire_item.h"
#include "gui/canvas_bench.h"
#include "gui/plots/durations_popup.h"
#include "support/test_program.h"

#include <QSignalSpy>

namespace feedline::gui::test_live_canvas {

namespace {

using test::Bench;

StageSample stage(const char* node, std::size_t segment, double fill) {
  StageSample sample;
  sample.node = node;
  sample.segment = segment;
  sample.workers = 1;
  sample.queue.fill = fill;
  return sample;
}

/// source | decode, flip: at one second, and at two.
std::pair<Snapshot, Snapshot> run() {
  Snapshot earlier;
  earlier.at = earlier.started = from_seconds(1);
  earlier.stages = {stage("source", 0, 0), stage("decode", 1, 0.4), stage("flip", 1, 0.4)};
  Snapshot now = earlier;
  now.at = from_seconds(2);
  now.stages[0].queue.fill = 1;
  now.stages[0].total = {.records = 1000, .busy = from_seconds(0.1), .blocked = from_seconds(0.9)};
  now.stages[1].total = {.records = 1000, .cpu = from_seconds(0.5), .busy = from_seconds(0.95)};
  now.stages[2].total = {.records = 1000, .busy = from_seconds(0.05), .starved = from_seconds(0.95)};
  return {earlier, now};
}

struct LiveBench : Bench {
  LiveBench() {
    must(test::wire({"source", "file"}, {"decode", "file"}));
    must(test::wire({"decode", "image"}, {"flip", "image"}));
    view.show_run_active(true);
    const auto [earlier, now] = run();
    view.show_snapshot(now, earlier);
    view.zoom_to_fit();
    while (view.zoom() < 0.8) view.zoom_in();
  }
  [[nodiscard]] const NodeItem* node(const char* id) const { return view.graph_scene().node(id); }
  [[nodiscard]] const WireItem* into(const char* id, const char* port) const {
    return view.graph_scene().wire({id, port});
  }
  /// Pixels of this colour (nearly) in the part of the view about a node.
  [[nodiscard]] int pixels(const char* id, const QColor& color) {
    view.centerOn(node(id)->mapToScene(node(id)->body().center()));
    const QRect part =
        view.mapFromScene(node(id)->mapRectToScene(node(id)->body())).boundingRect().adjusted(-9, -9, 9, 9);
    const QImage picture = view.grab(part.intersected(view.viewport()->rect())).toImage();
    int count = 0;
    for (int y = 0; y < picture.height(); ++y)
      for (int x = 0; x < picture.width(); ++x) {
        const QColor pixel = picture.pixelColor(x, y);
        count += std::abs(pixel.red() - color.red()) + std::abs(pixel.green() - color.green()) +
                             std::abs(pixel.blue() - color.blue()) <
                         12
                     ? 1
                     : 0;
      }
    return count;
  }
};

}  // namespace

class TestLiveCanvas : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { Theme::instance().set_mode(Theme::Mode::Light); }
  void cleanup() { Theme::instance().set_reduced_motion(false); }

  void wires_show_what_flows() {
    LiveBench b;
    const WireItem* queue = b.into("decode", "file");
    QVERIFY(queue->flow().has_value());
    QCOMPARE(queue->flow()->word, QString("full"));
    QVERIFY(queue->flow()->moves);
    QCOMPARE(b.into("flip", "image")->flow()->fill, -1);
    b.view.show_run_active(false);
    QVERIFY(!b.into("decode", "file")->flow().has_value());
  }

  void nodes_look_as_they_are() {
    LiveBench b;
    QVERIFY(b.node("source")->live()->mood == LiveState::Mood::Blocked);
    QVERIFY(b.node("flip")->live()->mood == LiveState::Mood::Starved);
    const Theme::Colors& c = Theme::instance().colors();
    const int starved = b.pixels("flip", c.starved);
    const int blocked = b.pixels("source", c.blocked);
    QVERIFY2(starved > 150, qPrintable(QString::number(starved)));
    QVERIFY2(blocked > 300, qPrintable(QString::number(blocked)));
    b.view.mark_failed("decode", "broken file");
    QVERIFY(b.pixels("decode", c.error) > 300);
  }

  void numbers_change_at_the_windows_pace() {
    LiveBench b;
    auto [earlier, now] = run();
    now.stages[1].total.records = 2000;
    b.view.show_snapshot(now, earlier);  // too soon
    QVERIFY(b.node("decode")->live()->rate.startsWith("1"));
    QTest::qWait(Pace::kShortestMs + 20);
    b.view.show_snapshot(now, earlier);
    QVERIFY(b.node("decode")->live()->rate.startsWith("2"));
  }

  void drops_move_only_while_something_flows() {
    LiveBench b;
    const auto seen = run();
    const auto& earlier = seen.first;
    const auto& now = seen.second;
    const auto frames = [&] {
      QTest::qWait(Pace::kShortestMs + 20);
      b.view.show_snapshot(now, earlier);
      b.view.centerOn(b.into("decode", "file")->mapToScene(b.into("decode", "file")->boundingRect().center()));
      const QImage first = b.view.viewport()->grab().toImage();
      QTest::qWait(Pace::kShortestMs + 20);
      b.view.show_snapshot(now, earlier);
      return std::pair(first, b.view.viewport()->grab().toImage());
    };
    auto [first, second] = frames();
    QVERIFY(first != second);
    Theme::instance().set_reduced_motion(true);
    std::tie(first, second) = frames();
    QCOMPARE(first, second);
    Theme::instance().set_reduced_motion(false);
    b.view.show_run_active(false);
    std::tie(first, second) = frames();
    QCOMPARE(first, second);
  }

  void a_click_on_the_numbers_asks_for_their_distribution() {
    LiveBench b;
    QSignalSpy asked(&b.view, &GraphView::durations_wanted);
    b.view.centerOn(b.node("decode"));
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.title_of("decode"));
    QCOMPARE(asked.size(), 0);
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.view.mapFromScene(b.node("decode")->live_area().center()));
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].toString(), QString("decode"));
    b.view.setFocus();
    QTest::keyClick(&b.view, Qt::Key_T);
    QCOMPARE(asked.size(), 2);
  }

  void the_popup_draws_what_it_is_given() {
    DurationMeter meter;
    for (std::uint64_t i = 0; i < 100; ++i) meter.add_record(1'000'000, i);
    meter.add_record(40'000'000, 777);
    DurationsPopup popup("decode", nullptr);
    popup.show_durations(meter.read(),
                         [](std::uint64_t record) { return "photos/" + std::to_string(record) + ".jpg"; });
    popup.show();
    QVERIFY2(popup.summary().startsWith("101 records"), qPrintable(popup.summary()));
    QVERIFY2(popup.slowest().startsWith("40.0 ms · record 777 · photos/777.jpg"), qPrintable(popup.slowest()));
    const std::size_t usual = Durations::bucket_of(1'000'000);
    const std::size_t rare = Durations::bucket_of(40'000'000);
    QVERIFY(popup.histogram().bar(usual).height() > 20 * popup.histogram().bar(rare).height());
    QVERIFY(popup.histogram().bar(rare).height() >= 2);  // one in a hundred is still seen
    QVERIFY(popup.histogram().bar(rare).left() > popup.histogram().bar(usual).left());
    QVERIFY(popup.histogram().bar(usual - 1).isEmpty());
    QSignalSpy wanted(&popup, &DurationsPopup::refresh_wanted);
    QVERIFY(wanted.wait(2000));
  }
};

FEEDLINE_WINDOW_TEST(TestLiveCanvas)

}  // namespace feedline::gui::test_live_canvas

#include "test_live_canvas.moc"
