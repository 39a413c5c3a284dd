// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fixtures.h"
#include "support/test_program.h"
#include "training/bench/bench.h"

#include <QTemporaryDir>
#include <QTest>

namespace test_bench {

using namespace feedline;
using namespace feedline::test;

namespace {

const BenchFigure* find(const BenchReport& report, const char* id) {
  for (const BenchFigure& figure : report.figures)
    if (figure.id == id) return &figure;
  return nullptr;
}

}  // namespace

/// `feedline-cli bench` without the command line.
class TestBench : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void figures_have_a_median_and_a_spread_data() {
    QTest::addColumn<QList<double>>("values");
    QTest::addColumn<double>("median");
    QTest::addColumn<double>("least");
    QTest::addColumn<double>("most");
    QTest::newRow("none") << QList<double>{} << 0.0 << 0.0 << 0.0;
    QTest::newRow("one") << QList<double>{4} << 4.0 << 4.0 << 4.0;
    QTest::newRow("odd") << QList<double>{9, 1, 5} << 5.0 << 1.0 << 9.0;
    QTest::newRow("even") << QList<double>{8, 2, 4, 1} << 3.0 << 1.0 << 8.0;
  }
  void figures_have_a_median_and_a_spread() {
    QFETCH(QList<double>, values);
    const BenchFigure figure{.values = {values.begin(), values.end()}};
    QTEST(figure.median(), "median");
    QTEST(figure.least(), "least");
    QTEST(figure.most(), "most");
  }

  void a_stop_ends_it() {
    const QTemporaryDir folder;
    std::stop_source stop;
    BenchOptions options{.seconds = 3600, .photos = 16};
    options.cache_folder = folder.path().toStdString();
    options.stop = stop.get_token();
    // In the midst of the first measurement, which would take an hour.
    options.progress = [&stop](std::string_view what, double) {
      if (what == "photos") stop.request_stop();
    };
    const auto report = run_bench(options);
    QVERIFY(!report);
    QCOMPARE(report.error().code, ErrorCode::Cancelled);
  }

  void a_folder_that_cannot_be_written_is_named() {
    const QTemporaryDir folder;
    write_file(folder.filePath("file"), "in the way");
    const auto report = run_bench({.cache_folder = folder.filePath("file").toStdString()});
    QVERIFY(!report);
    QVERIFY2(line(report.error()).contains(folder.filePath("file")), qPrintable(line(report.error())));
    QVERIFY(!report.error().remedy.empty());
  }

  void all_is_measured() {
    const QTemporaryDir folder;
    BenchOptions options{.seconds = 0.01, .rounds = 2, .photos = 16};
    options.cache_folder = folder.path().toStdString();
    const auto report = run_bench(options);
    QVERIFY2(report, report ? "" : qPrintable(line(report.error())));
    for (const BenchFigure& figure : report->figures) {
      QCOMPARE(figure.values.size(), std::size_t{2});
      QVERIFY2(figure.unit == "%" || figure.least() > 0, figure.id.c_str());
      QVERIFY(figure.least() <= figure.median() && figure.median() <= figure.most());
      QVERIFY(!figure.text.empty());
    }
    const BenchFigure* photos = find(*report, "photos");
    const BenchFigure* read = find(*report, "photos_bytes");
    QVERIFY(photos != nullptr && read != nullptr);
    // The painted photos have 40 to 200 kB each.
    for (std::size_t i = 0; i < 2; ++i) {
      const double kilobytes = 1000 * read->values[i] / photos->values[i];
      QVERIFY2(kilobytes > 20 && kilobytes < 400, qPrintable(QString::number(kilobytes)));
    }
    for (const char* id : {"photos_exact", "photos_cached", "small_pictures", "metering", "training"})
      QVERIFY2(find(*report, id) != nullptr, id);
    QCOMPARE(find(*report, "scaling") != nullptr, report->workers > 1);
  }
};

FEEDLINE_TEST(TestBench)

}  // namespace test_bench

#include "test_bench.moc"
