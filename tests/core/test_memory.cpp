// SPDX-License-Identifier: GPL-3.0-or-later
// How much memory the data side takes: as little for ten million records as for ten thousand, and as little in the
// fiftieth epoch as in the fifth. Each measurement is a process of its own: this program, called with --drain.
#include "support/fake_data.h"
#include "support/test_program.h"

#include <QCoreApplication>
#include <QProcess>
#include <QtTest>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

namespace test_memory {

using namespace feedline;
using namespace feedline::test;

namespace {

/// A line of /proc/self/status, in KiB.
std::uint64_t status_of(std::string_view key) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
  return 0;
}

/// Drains `batches` batches of a plan with everything that may remember records: shuffle, a random node, bad records of
/// many kinds. Prints resident and anonymous KiB after a tenth of them and at the end.
int drain_and_tell(std::uint64_t records, std::uint64_t batches, bool staged) {
  PlanBuilder builder = noisy_plan(records, 256, 64);
  builder.source()->before = [](std::uint64_t record) -> Status {
    if (record % 97 == 3) return fail_record("cannot be read: " + std::to_string(record % 1000));
    return {};
  };
  const auto plan = builder.build();
  PipelineOptions options;
  options.workers = 2;
  options.epochs = 0;
  options.staged = staged;
  Pipeline pipeline(plan, plan->train, options);
  for (std::uint64_t i = 1; i <= batches; ++i) {
    const auto batch = pipeline.next();
    if (!batch || !*batch) return 1;
    if (i == batches / 10 || i == batches) std::cout << status_of("VmRSS:") << ' ' << status_of("RssAnon:") << ' ';
  }
  std::cout << pipeline.error_count() << std::endl;
  return 0;
}

struct Told {
  double early = 0;  ///< resident KiB after a tenth of the batches
  double late = 0;
  double early_own = 0;  ///< of it, what is no file
  double late_own = 0;
  std::uint64_t bad = 0;
};

}  // namespace

class TestMemory : public QObject {
  Q_OBJECT

 private:
  static Told told(std::uint64_t records, std::uint64_t batches, bool staged) {
    QProcess process;
    process.start(QCoreApplication::applicationFilePath(),
                  {"--drain", QString::number(records), QString::number(batches), staged ? "staged" : "fused"});
    if (!process.waitForFinished(240'000) || process.exitCode() != 0)
      qFatal("%s", process.readAllStandardError().constData());
    const QList<QByteArray> words = process.readAllStandardOutput().simplified().split(' ');
    if (words.size() != 5) qFatal("%s", words.join(' ').constData());
    return {words[0].toDouble(), words[2].toDouble(), words[1].toDouble(), words[3].toDouble(), words[4].toULongLong()};
  }
  /// Within 5 %, and no more than 4 MiB apart in what is not files: a list of ten million records would take 40.
  static void compare(double rss, double other_rss, double own, double other_own) {
    qInfo("resident %.1f and %.1f MiB, without files %.1f and %.1f MiB", rss / 1024, other_rss / 1024, own / 1024,
          other_own / 1024);
    QVERIFY(rss > 1000 && other_rss > 1000);
    QVERIFY(std::abs(rss - other_rss) <= 0.05 * std::min(rss, other_rss));
    QVERIFY(std::abs(own - other_own) <= 4096);
  }
  static void ways() {
    QTest::addColumn<bool>("staged");
    QTest::newRow("fused") << false;
    QTest::newRow("staged") << true;
  }

 private Q_SLOTS:
  void initTestCase() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("sanitizers keep memory of their own");
#endif
  }

  void indexCostsNothing_data() { ways(); }
  void indexCostsNothing() {
    QFETCH(bool, staged);
    const Told small = told(10'000, 2000, staged);
    const Told large = told(10'000'000, 2000, staged);
    QVERIFY(small.bad > 1000 && large.bad > 1000);
    compare(small.late, large.late, small.late_own, large.late_own);
  }

  void epochsCostNothing_data() { ways(); }
  void epochsCostNothing() {
    QFETCH(bool, staged);
    const Told run = told(10'000, 50 * 157, staged);  // 50 epochs; told after the fifth and the last
    QVERIFY(run.bad >= 50 * 103);
    compare(run.early, run.late, run.early_own, run.late_own);
  }
};

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view(argv[1]) == "--drain")
    return drain_and_tell(std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10),
                          std::string_view(argv[4]) == "staged");
  QCoreApplication app(argc, argv);
  TestMemory test;
  return QTest::qExec(&test, argc, argv);
}

#include "test_memory.moc"
