// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/test_program.h"
#include "telemetry/trace.h"
#include "telemetry/trace_export.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <atomic>
#include <thread>

namespace test_trace {

using namespace feedline;

namespace {

/// Every field follows from the number, so that a torn slice shows.
TraceSlice numbered(std::uint64_t n) {
  return {.start = static_cast<Nanos>(10 * n),
          .duration = static_cast<Nanos>(3 * n),
          .kind = static_cast<TraceKind>(n % 5),
          .label = static_cast<std::uint16_t>(n % 60'000),
          .records = static_cast<std::uint32_t>(7 * n),
          .record = n};
}

}  // namespace

class TestTrace : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void keeps_the_newest_data();
  void keeps_the_newest();
  void a_reader_never_sees_half_a_slice();
  void lanes_and_labels_stay();
  void exports_trace_events();
  void exports_an_empty_timeline();
};

void TestTrace::keeps_the_newest_data() {
  QTest::addColumn<int>("added");
  QTest::addColumn<int>("kept");
  QTest::newRow("none") << 0 << 0;
  QTest::newRow("some") << 5 << 5;
  QTest::newRow("full") << 8 << 8;
  QTest::newRow("one too many") << 9 << 8;
  QTest::newRow("many rounds") << 1000 << 8;
}

void TestTrace::keeps_the_newest() {
  QFETCH(int, added);
  QFETCH(int, kept);
  TraceLane lane("worker", 8);
  for (int n = 0; n < added; ++n) lane.add(numbered(static_cast<std::uint64_t>(n)));
  const std::vector<TraceSlice> slices = lane.read();
  QCOMPARE(lane.added(), static_cast<std::uint64_t>(added));
  QCOMPARE(slices.size(), static_cast<std::size_t>(kept));
  for (int i = 0; i < kept; ++i)
    QVERIFY(slices[static_cast<std::size_t>(i)] == numbered(static_cast<std::uint64_t>(added - kept + i)));
}

void TestTrace::a_reader_never_sees_half_a_slice() {
  TraceLane lane("worker", 512);
  std::atomic<bool> stop{false};
  std::jthread writer([&] {
    for (std::uint64_t n = 0; !stop; ++n) lane.add(numbered(n));
  });
  std::uint64_t seen = 0;
  while (seen < 200'000) {
    std::uint64_t next = 0;
    for (const TraceSlice& slice : lane.read()) {
      QVERIFY(slice == numbered(slice.record));
      QVERIFY(next == 0 || slice.record == next);
      next = slice.record + 1;
      ++seen;
    }
  }
  stop = true;
}

void TestTrace::lanes_and_labels_stay() {
  Trace trace(4);
  TraceLane& first = trace.lane("read 1");
  const std::uint16_t decode = trace.label("decode");
  for (int i = 0; i < 100; ++i) (void)trace.lane("prepare " + std::to_string(i));
  QCOMPARE(&trace.lane("read 1"), &first);
  QVERIFY(trace.label("crop") != decode);
  QCOMPARE(trace.label("decode"), decode);
  for (std::uint64_t n = 0; n < 6; ++n) first.add(numbered(n));
  const Trace::View view = trace.read();
  QCOMPARE(view.lanes.size(), 101U);
  QCOMPARE(view.lanes[0].name, std::string("read 1"));
  QCOMPARE(view.lanes[0].lost, 2U);
  QCOMPARE(view.labels[decode], std::string("decode"));
}

void TestTrace::exports_trace_events() {
  Trace trace;
  const std::uint16_t decode = trace.label("de\"code");
  TraceLane& worker = trace.lane("prepare 1");
  worker.add({.start = 5000, .duration = 2000, .kind = TraceKind::Work, .label = decode, .records = 8, .record = 40});
  worker.add({.start = 7000, .duration = 500, .kind = TraceKind::Starved, .label = decode});
  trace.lane("queue behind read").add({.start = 6000, .kind = TraceKind::Level, .records = 3});
  const std::string text = trace_json(
      trace.read(), [](const std::string& lane, std::uint64_t record) { return lane + "/" + std::to_string(record); });

  const QJsonArray events = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object()["traceEvents"].toArray();
  std::vector<QJsonObject> slices;
  std::vector<QJsonObject> counters;
  QStringList threads;
  for (const QJsonValue& event : events) {
    const QString phase = event["ph"].toString();
    QVERIFY(event["pid"].isDouble() && event["name"].isString());
    if (phase == "X") slices.push_back(event.toObject());
    if (phase == "C") counters.push_back(event.toObject());
    if (event["name"] == "thread_name") threads << event["args"]["name"].toString();
  }
  QCOMPARE(threads, QStringList{"prepare 1"});
  QCOMPARE(slices.size(), 2U);
  QCOMPARE(slices[0][QLatin1String("name")].toString(), QString("de\"code"));
  QCOMPARE(slices[0][QLatin1String("ts")].toDouble(), 0.0);
  QCOMPARE(slices[0][QLatin1String("dur")].toDouble(), 2.0);
  QCOMPARE(slices[0][QLatin1String("args")].toObject()[QLatin1String("file")].toString(), QString("prepare 1/40"));
  QCOMPARE(slices[0][QLatin1String("args")].toObject()[QLatin1String("records")].toInt(), 8);
  QCOMPARE(slices[1][QLatin1String("name")].toString(), QString("starved"));
  QCOMPARE(slices[1][QLatin1String("args")].toObject()[QLatin1String("node")].toString(), QString("de\"code"));
  QCOMPARE(counters.size(), 1U);
  QCOMPARE(counters[0][QLatin1String("ts")].toDouble(), 1.0);
  QCOMPARE(counters[0][QLatin1String("args")].toObject()[QLatin1String("entries")].toInt(), 3);
}

void TestTrace::exports_an_empty_timeline() {
  const std::string text = trace_json(Trace().read());
  QVERIFY(QJsonDocument::fromJson(QByteArray::fromStdString(text)).object()["traceEvents"].isArray());
}

FEEDLINE_TEST(TestTrace)

}  // namespace test_trace

#include "test_trace.moc"
