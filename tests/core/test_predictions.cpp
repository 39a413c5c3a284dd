// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/predictions.h"
#include "support/test_program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <sqlite3.h>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace test_predictions {

using namespace feedline;

/// The record of predictions: what is written is read again, by whoever and whenever.
class TestPredictions : public QObject {
  Q_OBJECT

 private:
  [[nodiscard]] std::filesystem::path file(const char* name) const { return folder_.filePath(name).toStdString(); }
  static Database must(Result<Database> database) {
    if (!database) qFatal("%s", database.error().line().c_str());
    return std::move(*database);
  }
  QTemporaryDir folder_;

 private Q_SLOTS:
  void what_is_added_is_read_again() {
    {
      Database database = must(Database::open(file("a/runs.db")));
      QVERIFY(predictions(database)->empty());
      QVERIFY(add_prediction(database, {.graph = "x'; DROP TABLE predictions;--",
                                        .fix = "workers",
                                        .title = "Use 4 workers",
                                        .verdict = "preparation_bound",
                                        .predicted = 2,
                                        .measured = 1.9,
                                        .low = 1.8,
                                        .high = 2.0,
                                        .pairs = 7,
                                        .kept = true}));
      QVERIFY(add_prediction(database, {.fix = "cache", .predicted = 3, .measured = 0.9}));
    }
    Database database = must(Database::open(file("a/runs.db")));
    const auto all = predictions(database);
    QVERIFY(all);
    QCOMPARE(all->size(), std::size_t{2});
    QCOMPARE(all->front().fix, std::string("cache"));
    const Prediction& first = all->back();
    QCOMPARE(first.graph, std::string("x'; DROP TABLE predictions;--"));
    QCOMPARE(first.pairs, 7);
    QVERIFY(first.kept && first.predicted == 2 && first.measured == 1.9 && first.low == 1.8 && first.high == 2.0);
    QCOMPARE(first.made_at.size(), std::string("2026-11-25T16:20:00Z").size());
    QCOMPARE(predictions(database, 1)->size(), std::size_t{1});
  }

  void track_record_of_all() {
    std::vector<Prediction> all;
    for (const double measured : {1.0, 1.1, 2.0}) all.push_back({.predicted = 1.1, .measured = measured});
    const TrackRecord record = track_record(all);
    QCOMPARE(record.count, std::size_t{3});
    QVERIFY(std::abs(record.median_error - 0.1) < 1e-9);
    QVERIFY(std::abs(record.p90_error - 0.45) < 1e-9);
    QCOMPARE(record.right_direction, std::size_t{3});
    QCOMPARE(track_record({}).median_error, 0.0);
  }

  void several_write_at_once() {
    const auto path = file("many.db");
    std::vector<std::jthread> writers;
    std::atomic<int> failed{0};
    for (int w = 0; w < 4; ++w)
      writers.emplace_back([&] {
        auto database = Database::open(path);
        for (int i = 0; i < 20; ++i)
          if (!database || !add_prediction(*database, {.fix = "x"})) ++failed;
      });
    writers.clear();
    QCOMPARE(failed.load(), 0);
    Database database = must(Database::open(path));
    QCOMPARE(predictions(database)->size(), std::size_t{80});
  }

  void an_old_file_is_brought_up_to_date() {
    const auto path = file("old.db");
    sqlite3* handle = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    sqlite3_exec(handle, "PRAGMA user_version=0;", nullptr, nullptr, nullptr);
    sqlite3_close(handle);
    Database database = must(Database::open(path));
    QVERIFY(add_prediction(database, {.fix = "x"}));
    auto version = database.prepare("PRAGMA user_version");
    QVERIFY(version && version->step());
    QCOMPARE(version->integer(0), std::int64_t{Database::version()});
  }

  void a_newer_or_broken_file_is_refused() {
    const auto newer = file("newer.db");
    QVERIFY(must(Database::open(newer)).run("PRAGMA user_version=9999"));
    const auto refused = Database::open(newer);
    QVERIFY(!refused);
    QVERIFY2(refused.error().reason.find("newer") != std::string::npos, refused.error().line().c_str());
    QCOMPARE(refused.error().file, newer.string());

    QFile broken(folder_.filePath("broken.db"));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write(QByteArray(4096, 'x'));
    broken.close();
    const auto damaged = Database::open(file("broken.db"));
    QVERIFY(!damaged);
    QVERIFY(!damaged.error().remedy.empty());

    const auto nowhere = Database::open("/proc/nowhere/runs.db");
    QVERIFY(!nowhere && !nowhere.error().remedy.empty());
  }

  /// No descriptor left is the machine's fault, not the file's: nobody should move it away.
  void too_many_open_files_are_not_the_files_fault() {
    QVERIFY(Database::open(file("whole.db")).has_value());
    rlimit before{};
    QVERIFY(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 3;  // those that are open stay open
    QVERIFY(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto refused = Database::open(file("whole.db"));
    QVERIFY(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    QVERIFY(!refused);
    QVERIFY2(refused.error().line().find("ulimit -n") != std::string::npos, refused.error().line().c_str());
    QVERIFY2(refused.error().remedy.find("Move the file") == std::string::npos, refused.error().remedy.c_str());
    QVERIFY(Database::open(file("whole.db")).has_value());
  }
};

FEEDLINE_TEST(TestPredictions)

}  // namespace test_predictions

#include "test_predictions.moc"
