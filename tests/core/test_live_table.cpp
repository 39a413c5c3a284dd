// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/live_table.h"
#include "support/results.h"
#include "support/test_program.h"

#include <QRegularExpression>
#include <QTest>

#include <cmath>

namespace test_live_table {

using namespace feedline;
using namespace feedline::cli;

namespace {

StageSample stage(const std::string& node, double busy_s, double starved_s, double blocked_s, double fill,
                  std::uint64_t records = 1000) {
  StageSample sample{.node = node, .type = node, .workers = 2, .queue = {fill, static_cast<std::size_t>(fill * 8), 8}};
  sample.total = {.records = records,
                  .busy = from_seconds(busy_s),
                  .starved = from_seconds(starved_s),
                  .blocked = from_seconds(blocked_s)};
  return sample;
}

/// A second in which two workers were busy, starved and blocked as it says.
Snapshot second() {
  Snapshot now{.at = from_seconds(11), .started = from_seconds(10)};
  now.stages = {stage("source", 0.5, 0, 1.5, 0.75), stage("decode", 1, 1, 0, 0)};
  now.trainer = {
      .steps = 10,
      .samples = 640,
      .times = feedline::test::times_of({{Phase::Wait, from_seconds(0.25)}, {Phase::Forward, from_seconds(0.75)}}),
      .stepped = from_seconds(1)};
  return now;
}

Snapshot before() { return {.at = from_seconds(10), .started = from_seconds(10)}; }

QString plain(const LiveLine& line) {
  static const QRegularExpression colors("\x1b\\[[0-9]*m");
  return QString::fromStdString(line.text).remove(colors);
}

}  // namespace

/// The table of stages on a terminal: what is drawn is what was measured, and it fits.
class TestLiveTable : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void bars_are_shares() {
    const auto lines = live_table(before(), second(), true, {.width = 100, .unicode = false});
    QCOMPARE(lines.size(), std::size_t{4});
    const auto bar_of = [&](std::size_t i) {
      static const QRegularExpression bar("   ([#.= ]{29})");
      return bar.match(plain(lines[i])).captured(1);
    };
    QCOMPARE(bar_of(1), QString(7, '#') + QString(22, '='));   // 25 % busy, 75 % blocked
    QCOMPARE(bar_of(2), QString(15, '#') + QString(14, '.'));  // half busy, half starved
    QCOMPARE(bar_of(3), QString(22, '#') + QString(7, '.'));   // 75 % of the step, 25 % waiting
    QVERIFY2(plain(lines[1]).contains("25 %  [######  ]     6 of 8"), qPrintable(plain(lines[1])));
    Snapshot on_demand = second();
    on_demand.stages[1].queue.capacity = 0;
    const auto without = live_table(before(), on_demand, true, {.width = 100, .unicode = false});
    QVERIFY2(plain(without[2]).contains("[        ] prefetch 0"), qPrintable(plain(without[2])));
    QVERIFY(plain(lines[1]).startsWith("source") && plain(lines[1]).contains(" 1,000 "));
    QVERIFY(plain(lines[3]).startsWith("training ") && plain(lines[3]).contains(" 640 "));
    for (const char* word : {"busy", "starved", "blocked"}) QVERIFY(plain(lines[0]).contains(word));
  }

  /// Of training alone, over whole steps: the rate that stands in the line below.
  void training_has_one_rate() {
    Snapshot now = second();
    now.trainer.validation[Phase::Forward] = from_seconds(0.5);
    now.trainer.stepped = from_seconds(0.5);
    const auto lines = live_table(before(), now, true, {.width = 100});
    QVERIFY2(plain(lines[3]).contains(" 1,280 "), qPrintable(plain(lines[3])));
    QCOMPARE(training_rate(before().trainer, now.trainer), 1280.0);
  }

  void every_line_fits_data() {
    QTest::addColumn<int>("width");
    for (const int width : {39, 40, 50, 63, 64, 79, 80, 119, 250}) QTest::addRow("%d", width) << width;
  }
  void every_line_fits() {
    QFETCH(int, width);
    Snapshot now = second();
    now.stages.push_back(stage("a_node_with_a_name_that_is_far_too_long_for_any_terminal", 2, 0, 0, 1, 123456789));
    for (const bool unicode : {false, true})
      for (const bool color : {false, true})
        for (const LiveLine& line : live_table(
                 before(), now, true, {.width = static_cast<std::size_t>(width), .color = color, .unicode = unicode})) {
          QCOMPARE(static_cast<std::size_t>(plain(line).size()), line.columns);
          QVERIFY2(line.columns <= static_cast<std::size_t>(width), qPrintable(plain(line)));
        }
  }

  /// Queues give way to them.
  void long_names_are_whole() {
    const std::string name = "encoder/block/2/a_convolution_with_a_long_name";
    Snapshot now = second();
    now.stages.push_back(stage(name, 2, 0, 0, 1));
    for (const std::size_t width : {std::size_t{79}, std::size_t{95}, std::size_t{119}}) {
      const auto lines = live_table(before(), now, true, {.width = width, .unicode = false});
      QVERIFY2(plain(lines[3]).startsWith(QString::fromStdString(name) + " "), qPrintable(plain(lines[3])));
      QVERIFY2(plain(lines[3]).contains("####"), qPrintable(plain(lines[3])));
      for (const LiveLine& line : lines) QVERIFY(line.columns <= width);
      QCOMPARE(plain(lines[1]).contains("6 of 8"), width == 119);
    }
  }

  void colours_only_where_they_are_wanted() {
    for (const LiveLine& line : live_table(before(), second(), true, {.color = false}))
      QVERIFY(line.text.find('\x1b') == std::string::npos);
    bool any = false;
    for (const LiveLine& line : live_table(before(), second(), true, {.color = true}))
      any |= line.text.find('\x1b') != std::string::npos;
    QVERIFY(any);
    qputenv("NO_COLOR", "1");
    QVERIFY(!look_of_terminal().color);
    qunsetenv("NO_COLOR");
    QVERIFY(look_of_terminal().color);
  }

  void a_low_terminal_shows_the_busiest() {
    Snapshot now = second();
    for (int i = 0; i < 30; ++i) now.stages.push_back(stage("extra" + std::to_string(i), 0.01, 0, 0, 0));
    const auto lines = live_table(before(), now, true, {.width = 100, .height = 8});
    QCOMPARE(lines.size(), std::size_t{5});  // head, three stages, trainer
    QVERIFY(plain(lines[0]).startsWith("+29 more"));
    QVERIFY(plain(lines[1]).startsWith("source") && plain(lines[2]).startsWith("decode"));
    QVERIFY(plain(lines.back()).startsWith("training "));
    QVERIFY(live_table(before(), now, true, {.width = 100, .height = 3}).empty());
  }

  void nothing_is_drawn_of_nothing() {
    QVERIFY(live_table(before(), before(), true, {}).empty());
    Snapshot without = second();
    without.stages.clear();
    QVERIFY(live_table(before(), without, true, {}).empty());
  }
};

FEEDLINE_TEST(TestLiveTable)

}  // namespace test_live_table

#include "test_live_table.moc"
