// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/plots/timeline_panel.h"
#include "support/mouse.h"
#include "support/test_program.h"

#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <cmath>

namespace feedline::gui::test_timeline_panel {

namespace {

constexpr Nanos kMs = 1'000'000;
constexpr Nanos kStart = 5'000 * kMs;

/// A worker that decodes for 8 ms and starves for 2, `count` times; a queue that swings between 0 and 3; a trainer.
void write(Trace& trace, int count, Nanos from = kStart) {
  const std::uint16_t decode = trace.label("decode");
  const std::uint16_t forward = trace.label("forward");
  TraceLane& worker = trace.lane("prepare 1");
  TraceLane& queue = trace.lane("batches ready");
  TraceLane& trainer = trace.lane("trainer");
  for (int i = 0; i < count; ++i) {
    const Nanos at = from + i * 10 * kMs;
    worker.add({.start = at,
                .duration = 8 * kMs,
                .kind = TraceKind::Work,
                .label = decode,
                .records = 4,
                .record = static_cast<std::uint64_t>(i) * 4});
    worker.add({.start = at + 8 * kMs, .duration = 2 * kMs, .kind = TraceKind::Starved, .label = decode});
    queue.add({.start = at, .kind = TraceKind::Level, .records = static_cast<std::uint32_t>(i % 4)});
    trainer.add({.start = at, .duration = 10 * kMs, .kind = TraceKind::Phase, .label = forward});
  }
}

Snapshot at(Nanos moment) {
  Snapshot now;
  now.started = kStart;
  now.at = moment;
  return now;
}

struct Bench {
  std::shared_ptr<Trace> trace = std::make_shared<Trace>();
  PlotCursor cursor{};
  TimelinePanel panel{};

  explicit Bench(int count) {
    panel.share_cursor(&cursor);
    panel.begin(trace);
    panel.set_locate([](const std::string& lane, std::uint64_t record) { return lane + "/" + std::to_string(record); });
    panel.resize(1000, 240);
    panel.show();
    if (!QTest::qWaitForWindowExposed(&panel)) qFatal("no window");
    write(*trace, count);
    panel.show_snapshot(at(kStart + count * 10 * kMs));
    draw();
  }
  [[nodiscard]] TimelineView& view() { return panel.view(); }
  void draw() { view().repaint(); }
  [[nodiscard]] QPoint pixel(std::size_t lane, double seconds) {
    return {static_cast<int>(std::lround(view().x_of(seconds))), static_cast<int>(view().y_of(lane)) + 9};
  }
};

}  // namespace

class TestTimelinePanel : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { Theme::instance().set_mode(Theme::Mode::Light); }
  void a_store_fetches_what_is_new();
  void a_store_is_bounded();
  void summaries_name_what_took_the_most();
  void follows_the_newest();
  void a_click_tells_node_record_and_file();
  void neighbours_are_reached_by_keys();
  void the_wheel_zooms_where_it_stands();
  void a_drag_pans_and_stops_following();
  void slices_have_their_colours();
  void drawing_takes_as_many_pieces_as_pixels();
  void hovering_moves_the_common_cursor();
  void hidden_it_reads_nothing();
  void frozen_it_stays();
  void csv_lists_the_slices_shown();
  void what_nodes_learn_is_shown_before_the_run_starts();
};

void TestTimelinePanel::a_store_fetches_what_is_new() {
  const auto trace = std::make_shared<Trace>();
  TimelineStore store;
  store.begin(trace);
  QVERIFY(!store.pull());
  write(*trace, 10);
  QVERIFY(store.pull());
  QCOMPARE(store.lanes().size(), std::size_t{3});
  QCOMPARE(store.lanes()[0].slices().size(), std::size_t{20});
  QVERIFY(!store.pull());
  write(*trace, 5, kStart + 100 * kMs);
  QVERIFY(store.pull());
  QCOMPARE(store.lanes()[0].slices().size(), std::size_t{30});
  const std::vector<TraceSlice> all = trace->read().lanes[0].slices;
  QVERIFY(std::equal(all.begin(), all.end(), store.lanes()[0].slices().begin()));
  QCOMPARE(store.range(), std::pair(kStart, kStart + 150 * kMs));
}

void TestTimelinePanel::a_store_is_bounded() {
  const auto trace = std::make_shared<Trace>();
  TimelineStore store;
  store.begin(trace);
  for (int i = 0; i < 40; ++i) {  // 400,000 slices of the worker
    write(*trace, 5000, kStart + Nanos{i} * 50'000 * kMs);
    store.pull();
  }
  for (const TimelineLane& lane : store.lanes()) {
    QVERIFY(lane.slices().size() <= 2 * Trace::kCapacity + 10'000);
    QVERIFY(lane.slices().size() >= Trace::kCapacity);
    QCOMPARE(lane.blocks().size(), lane.slices().size() / TimelineLane::kBlock);
    for (std::size_t i = 0; i < lane.blocks().size(); i += 97)
      QCOMPARE(lane.blocks()[i].start, lane.slices()[i * TimelineLane::kBlock].start);
  }
}

void TestTimelinePanel::summaries_name_what_took_the_most() {
  TimelineLane lane("prepare", 1000);
  std::vector<TraceSlice> slices;
  for (int i = 0; i < 64; ++i)
    slices.push_back({.start = i * 10 * kMs,
                      .duration = (i % 4 == 0 ? 9 : 1) * kMs,
                      .kind = i % 4 == 0 ? TraceKind::Blocked : TraceKind::Work});
  lane.add(slices);
  QCOMPARE(lane.blocks().size(), std::size_t{1});
  QVERIFY(lane.blocks()[0].most.kind == TraceKind::Blocked);
  QCOMPARE(lane.blocks()[0].end, 631 * kMs);
}

void TestTimelinePanel::follows_the_newest() {
  Bench bench(300);
  QVERIFY(std::abs(bench.view().shown().second - 3.0) < 1e-9);
  QVERIFY(std::abs(bench.view().shown().first - 1.0) < 1e-9);
  write(*bench.trace, 100, kStart + 3000 * kMs);
  QTest::qWait(Pace::kShortestMs + 20);
  bench.panel.show_snapshot(at(kStart + 4000 * kMs));
  QVERIFY(std::abs(bench.view().shown().second - 4.0) < 1e-9);
  bench.view().show_all();
  QVERIFY(std::abs(bench.view().shown().first) < 1e-9);
}

void TestTimelinePanel::a_click_tells_node_record_and_file() {
  Bench bench(300);
  QTest::mouseClick(&bench.view(), Qt::LeftButton, {}, bench.pixel(0, 2.004));
  QVERIFY(bench.view().chosen().has_value());
  const QString detail = bench.panel.detail();
  for (const char* part : {"decode", "prepare 1", "4 records from 800 on", "8 ms", "at 2.0000 s", "prepare 1/800"})
    QVERIFY2(detail.contains(part), qPrintable(detail));
  QTest::mouseClick(&bench.view(), Qt::LeftButton, {}, bench.pixel(0, 2.009));
  QVERIFY2(bench.panel.detail().contains("starved"), qPrintable(bench.panel.detail()));
  QTest::mouseClick(&bench.view(), Qt::LeftButton, {}, bench.pixel(1, 2.035));
  QVERIFY2(bench.panel.detail().contains("3 entries"), qPrintable(bench.panel.detail()));
}

void TestTimelinePanel::neighbours_are_reached_by_keys() {
  Bench bench(300);
  QTest::mouseClick(&bench.view(), Qt::LeftButton, {}, bench.pixel(0, 2.004));
  QTest::keyClick(&bench.view(), Qt::Key_Right, Qt::ShiftModifier);
  QVERIFY(bench.view().chosen()->slice.kind == TraceKind::Starved);
  QTest::keyClick(&bench.view(), Qt::Key_Right, Qt::ShiftModifier);
  QCOMPARE(bench.view().chosen()->slice.record, std::uint64_t{804});
  QTest::keyClick(&bench.view(), Qt::Key_Escape);
  QVERIFY(!bench.view().chosen().has_value());
}

void TestTimelinePanel::the_wheel_zooms_where_it_stands() {
  Bench bench(300);
  const QPoint pos = bench.pixel(0, 2.5);
  const double width = bench.view().shown().second - bench.view().shown().first;
  QWheelEvent event(pos, bench.view().mapToGlobal(pos), {}, {0, 480}, Qt::NoButton, {}, Qt::NoScrollPhase, false);
  QApplication::sendEvent(&bench.view(), &event);
  const auto [from, to] = bench.view().shown();
  QVERIFY((to - from) * 3 < width);
  QVERIFY(std::abs(bench.view().x_of(2.5) - pos.x()) < 3);
}

void TestTimelinePanel::a_drag_pans_and_stops_following() {
  Bench bench(300);
  const double before = bench.view().shown().first;
  test::drag(&bench.view(), bench.pixel(0, 2), bench.pixel(0, 2.5));
  QVERIFY(std::abs(bench.view().shown().first - (before - 0.5)) < 0.02);
  QVERIFY(!bench.view().following());
  QTest::keyClick(&bench.view(), Qt::Key_F);
  QVERIFY(std::abs(bench.view().shown().second - 3.0) < 1e-9);
}

void TestTimelinePanel::slices_have_their_colours() {
  Bench bench(300);
  bench.view().show_range(2, 2.05);
  bench.draw();
  const QImage picture = bench.view().grab().toImage();
  const Theme::Colors& c = Theme::instance().colors();
  // Low in the row, where waiting for input is drawn; work fills the row.
  const QPoint starved = bench.pixel(0, 2.0095) + QPoint(0, 7);
  QCOMPARE(picture.pixelColor(starved), c.starved);
  QCOMPARE(picture.pixelColor(starved - QPoint(0, 12)), c.panel);
  QVERIFY(picture.pixelColor(bench.pixel(0, 2.007) - QPoint(0, 7)) != c.panel);
}

void TestTimelinePanel::drawing_takes_as_many_pieces_as_pixels() {
  Bench bench(15'000);
  bench.view().show_range(149, 150);
  bench.draw();
  const int near = bench.view().pieces();
  bench.view().show_all();
  bench.draw();
  const int far = bench.view().pieces();
  QVERIFY(near > 150);
  QVERIFY2(far < 4 * bench.view().width(), qPrintable(QString::number(far)));
}

void TestTimelinePanel::hovering_moves_the_common_cursor() {
  Bench bench(300);
  test::send_mouse(&bench.view(), QEvent::MouseMove, bench.pixel(0, 2.25), Qt::NoButton);
  QVERIFY(bench.cursor.seconds().has_value());
  QVERIFY(std::abs(*bench.cursor.seconds() - 2.25) < 0.01);
}

void TestTimelinePanel::hidden_it_reads_nothing() {
  Bench bench(10);
  bench.panel.hide();
  write(*bench.trace, 10, kStart + 100 * kMs);
  QTest::qWait(Pace::kShortestMs + 20);
  bench.panel.show_snapshot(at(kStart + 200 * kMs));
  QCOMPARE(bench.panel.store().lanes()[0].slices().size(), std::size_t{20});
  bench.panel.show();
  QTRY_COMPARE(bench.panel.store().lanes()[0].slices().size(), std::size_t{40});
}

void TestTimelinePanel::frozen_it_stays() {
  Bench bench(10);
  QTest::keyClick(&bench.view(), Qt::Key_Space);
  write(*bench.trace, 10, kStart + 100 * kMs);
  QTest::qWait(Pace::kShortestMs + 20);
  bench.panel.show_snapshot(at(kStart + 200 * kMs));
  QCOMPARE(bench.panel.store().lanes()[0].slices().size(), std::size_t{20});
  QTest::keyClick(&bench.view(), Qt::Key_Space);
  bench.panel.show_snapshot(at(kStart + 200 * kMs));
  QCOMPARE(bench.panel.store().lanes()[0].slices().size(), std::size_t{40});
}

void TestTimelinePanel::csv_lists_the_slices_shown() {
  Bench bench(300);
  bench.view().show_range(2.001, 2.0275);
  const QString csv = bench.panel.exported().csv();
  QVERIFY2(csv.contains("prepare 1,2,0.008,decode,4,800\n"), qPrintable(csv));
  QVERIFY(csv.contains("prepare 1,2.02,0.008,decode,4,808\n"));
  QVERIFY(!csv.contains("decode,4,812"));
}

void TestTimelinePanel::what_nodes_learn_is_shown_before_the_run_starts() {
  Bench bench(0);
  QVERIFY(bench.panel.shows_empty_state());
  bench.panel.begin(bench.trace);
  bench.panel.show_snapshot(Snapshot{});
  QVERIFY(bench.panel.shows_empty_state());
  const std::uint16_t words = bench.trace->label("words");
  TraceLane& fit = bench.trace->lane("fit");
  fit.add({.start = kStart - 300 * kMs, .duration = 200 * kMs, .kind = TraceKind::Starved, .label = words});
  fit.add({.start = kStart - 100 * kMs, .duration = 50 * kMs, .label = words, .records = 256});
  QTest::qWait(Pace::kShortestMs + 20);
  bench.panel.show_snapshot(Snapshot{});
  QVERIFY(!bench.panel.shows_empty_state());
  QVERIFY(std::abs(bench.view().shown().second - 0.25) < 1e-9);  // counted from the first slice
  bench.view().show_range(0.1, 0.2);
  write(*bench.trace, 10);
  QTest::qWait(Pace::kShortestMs + 20);
  bench.panel.show_snapshot(at(kStart + 100 * kMs));
  QVERIFY2(std::abs(bench.view().shown().first + 0.2) < 1e-9, "the same moment, before the start");
  bench.view().show_all();
  QVERIFY(std::abs(bench.view().shown().first + 0.3) < 1e-9);
  bench.view().choose(TimelineView::Choice{3, bench.panel.store().lanes()[3].slices()[1]});
  const QString detail = bench.panel.detail();
  for (const char* part : {"words", "fit", "256 records", "at -0.1000 s"})
    QVERIFY2(detail.contains(part), qPrintable(detail));
}

FEEDLINE_WINDOW_TEST(TestTimelinePanel)

}  // namespace feedline::gui::test_timeline_panel

#include "test_timeline_panel.moc"
