// SPDX-License-Identifier: GPL-3.0-or-later
// The tour of a new user: tables and texts of all kinds become graphs that train, or it is said why not.
#include "base/random.h"
#include "engine/data_at.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/run_recorder.h"
#include "support/test_program.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

namespace test_starter_runs {

using namespace feedline;
using namespace feedline::test;

class TestStarterRuns : public QObject {
  Q_OBJECT

  QTemporaryDir cache_{};

  [[nodiscard]] SourceContext context() const {
    return {.cache_folder = cache_.path().toStdString(), .stop = {}, .progress = {}};
  }
  /// Two steps of it.
  void train(const StarterData& data) const {
    const auto graph = starter_graph(data);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    RecordedRun run(*graph, {.max_steps = 2, .device = "cpu", .cache_folder = cache_.path().toStdString()});
    const RunResult& result = run.result();
    QVERIFY2(result.end == RunResult::End::Completed,
             result.failure ? result.failure->line().c_str() : "it did not end");
    QVERIFY(!result.epochs.empty() && result.epochs.back().step > 0);
  }

 private Q_SLOTS:
  /// What impute would refuse and what no two records share is left out, and the rest trains.
  void a_table_with_an_empty_column_and_names_trains() {
    QByteArray bytes = "name,size,note,kind\n";
    for (int i = 0; i < 80; ++i)
      bytes += "n" + QByteArray::number(i) + "," + QByteArray::number(i % 7) + ",," + (i % 2 == 0 ? "cup\n" : "pot\n");
    const QString file = cache_.filePath("cups.csv");
    write_file(file, bytes);
    auto data = data_at(file.toStdString());
    QVERIFY(data);
    data = look_into(std::move(*data), context());
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QCOMPARE(size_text(*data), std::string("'kind' (2 classes) from 80 rows of 1 column"));
    train(*data);
  }

  /// House prices: a network that begins with outputs of about 0 ± 1 predicts them in dollars all the same.
  void a_large_number_is_learnt_in_its_own_unit() {
    QByteArray bytes = "size,age,price\n";
    Rng rng(5, 0, 0, 0);
    for (int i = 0; i < 400; ++i) {
      const double size = rng.uniform();
      const double age = rng.uniform();
      bytes += QByteArray::number(size) + "," + QByteArray::number(age) + "," +
               QByteArray::number(1e6 + 3e5 * size - 2e5 * age * age, 'f', 1) + "\n";
    }
    const QString file = cache_.filePath("houses.csv");
    write_file(file, bytes);
    auto data = data_at(file.toStdString());
    if (data) data = look_into(std::move(*data), context());
    QVERIFY2(data && data->number, data ? "" : data.error().line().c_str());
    const auto graph = starter_graph(*data);
    QVERIFY2(graph, graph ? "" : graph.error().line().c_str());
    RecordedRun run(*graph, {.epochs = 12, .device = "cpu", .cache_folder = cache_.path().toStdString()});
    const RunResult& result = run.result();
    QVERIFY2(result.end == RunResult::End::Completed, result.failure ? result.failure->line().c_str() : "not ended");
    const double r2 = result.epochs.back().value("R2", kValSplit);
    const double mae = result.epochs.back().value("MAE", kValSplit);
    QVERIFY2(r2 > 0.9, qPrintable(QString::number(r2)));
    QVERIFY2(mae > 100 && mae < 40'000, qPrintable(QString::number(mae)));  // dollars
  }

  void shared_files_data() {
    QTest::addColumn<QString>("size");    // how the offer begins
    QTest::addColumn<QString>("reason");  // why there is none
    const auto runs = [](const char* file, const char* size) { QTest::newRow(file) << QString(size) << QString(); };
    const auto told = [](const char* file, const char* why) { QTest::newRow(file) << QString() << QString(why); };
    runs("tables/plotly/2018_Central_Park_Squirrel_Census_-_Squirrel_Data_20250721.csv", "'X' (a number) from 3023");
    runs("tables/plotly/telco-customer-churn-by-IBM.csv", "'Churn' (2 classes) from 7043 rows of 19");
    runs("tables/rust-csv/smallpop-no-headers.csv", "'column_4' (a number) from 10");
    runs("tables/rust-csv/smallpop-colon.csv", "'population' (a number) from 10");
    runs("tables/rust-csv/uspop-latin1.csv", "'Longitude' (a number) from 100");
    runs("tables/seaborn/mpg.csv", "'mpg' (a number) from 398");
    runs("tables/seaborn/penguins.csv", "'sex' (2 classes) from 344");
    runs("tables/sklearn/boston_house_prices.csv", "'MEDV' (a number) from 506 rows of 13");
    told("tables/sklearn/diabetes_target.csv.gz", "one column only");
    runs("tables/sklearn/digits.csv.gz", "'column_65' (10 classes) from 1797");
    runs("tables/sklearn/iris.csv", "'virginica' (3 classes) from 150");
    runs("tables/sklearn/linnerud_exercise.csv", "'Jumps' (a number) from 20");
    runs("tables/uci/breast-cancer.csv", "'column_10' (2 classes) from 286");
    runs("tables/uci/horse-colic.csv", "'column_28' (2 classes) from 300");
    runs("tables/us-gov/2009PowerStatus.txt", "'Power' (a number) from 37960");
    runs("text/ag-news/test.csv", "'column_1' (4 classes) from 7600 texts");
    told("text/ag-news/readme.txt", "no source reads");
    runs("text/rt-polarity", "2 classes, 10662 texts");
    runs("text/rt-polarity/rt-polarity.neg", "2 classes, 10662 texts");
    runs("text/sms-spam/SMSSpamCollection", "2 classes, 5");
    runs("text/sms-spam/spam-latin1.csv", "'class_label' (2 classes) from 5573 texts");
  }
  void shared_files() {
    QFETCH(QString, size);
    QFETCH(QString, reason);
    const QString file = shared_data("/" + QString::fromUtf8(QTest::currentDataTag()));
    if (!QFileInfo::exists(file)) QSKIP("the shared data sets are not here");
    auto data = data_at(file.toStdString());
    if (data) data = look_into(std::move(*data), context());
    if (!reason.isEmpty()) {
      QVERIFY(!data);
      QVERIFY2(line(data.error()).contains(reason) && !data.error().remedy.empty(), qPrintable(line(data.error())));
      return;
    }
    QVERIFY2(data, data ? "" : data.error().line().c_str());
    QVERIFY2(QString::fromStdString(size_text(*data)).startsWith(size), size_text(*data).c_str());
    train(*data);
  }
};

FEEDLINE_TEST(TestStarterRuns)

}  // namespace test_starter_runs

#include "test_starter_runs.moc"
