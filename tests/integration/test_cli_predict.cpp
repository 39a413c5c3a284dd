// SPDX-License-Identifier: GPL-3.0-or-later

// A model that was trained is asked about pictures and lines, and measured on other data: the real program.

#include "support/fixtures.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include <csignal>

namespace test_cli_predict {

using namespace feedline::test;

class TestCliPredict : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    photos_ = cli_.path("photos");
    write_picture_folder(photos_, 24);
    checkpoints_ = cli_.path("ckpt");
    const CliResult run =
        cli_.run({"run", "example:image-folder", "--set", "source.folder=" + photos_, "--set", "crop.size=32", "--set",
                  "batch.size=8", "--epochs", "3", "--device", "cpu", "--checkpoints", checkpoints_, "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    trained_ = run.json();
  }

  /// As one writes it without looking it up; a picture that follows it is not overwritten.
  void json_needs_no_path() {
    const QString one = files_below(photos_).front();
    const QByteArray picture = read_file(one);
    const CliResult bare = cli_.run({"predict", checkpoints_, one, "--json"});
    QVERIFY2(bare.exit_code == 0, bare.text());
    QCOMPARE(bare.json(), cli_.run({"predict", checkpoints_, one, "--json", "-"}).json());
    const CliResult between = cli_.run({"predict", checkpoints_, one, "--json", one});
    QVERIFY2(between.exit_code == 2 && between.err.contains("would be overwritten"), between.text());
    QCOMPARE(read_file(one), picture);
  }

  void pictures_and_folders_are_predicted_and_bad_ones_named() {
    const QString bad = cli_.path("broken.jpg");
    write_file(bad, "no picture");
    const QString one = files_below(photos_).front();
    const CliResult run = cli_.run({"predict", checkpoints_, one, bad, photos_, "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    QVERIFY2(run.err.contains("broken.jpg") && run.err.contains("1 of 50"), run.text());
    const QJsonArray predictions = run.json()["predictions"].toArray();
    QCOMPARE(predictions.size(), 49);
    QCOMPARE(run.json()["bad"].toArray().size(), 1);
    QVERIFY(predictions[0]["file"].toString().endsWith(one.section('/', -2)));
    for (const QJsonValue& prediction : predictions) {
      double sum = 0;
      double most = 0;
      for (const QJsonValue& share : prediction["probabilities"].toObject()) {
        sum += share.toDouble();
        most = qMax(most, share.toDouble());
      }
      QVERIFY(qAbs(sum - 1) < 1e-5);
      QCOMPARE(prediction["probability"].toDouble(), most);
      QVERIFY(QStringList({"a", "b"}).contains(prediction["class"].toString()));
    }
    // The same file by itself and in its folder, whatever stands in its batch.
    for (const QJsonValue& prediction : predictions)
      if (prediction["file"] == predictions[0]["file"])
        QVERIFY(qAbs(prediction["probability"].toDouble() - predictions[0]["probability"].toDouble()) < 1e-5);
  }

  void csv_has_a_column_a_class() {
    const CliResult run = cli_.run({"predict", checkpoints_ + "/best.safetensors", photos_, "--csv"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QList<QByteArray> lines = run.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 49);
    QCOMPARE(lines.front().trimmed(), QByteArray("file,class,probability,a,b"));
  }

  /// The figures of the last epoch's validation come out again: same records, same preprocessing, same weights.
  void validation_data_give_the_figures_of_training() {
    const CliResult run = cli_.run({"evaluate", trained_["checkpoint"].toString(), "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonValue last = trained_["epochs"].toArray().last();
    int compared = 0;
    for (const QJsonValue& metric : run.json()["metrics"].toArray())
      for (const QJsonValue& wanted : last["metrics"].toArray())
        if (wanted["name"] == metric["name"] && wanted["split"] == "val") {
          QVERIFY2(qAbs(wanted["value"].toDouble() - metric["value"].toDouble()) < 1e-6, run.text());
          ++compared;
        }
    QVERIFY2(compared >= 2, run.text());
    QCOMPARE(run.json()["counts"], trained_["confusion"]["counts"]);
  }

  /// Other data may lack a class: labels still mean what training meant.
  void other_data_are_matched_by_name() {
    const QString other = cli_.path("other");
    write_picture_classes(other, {"b"}, 6);
    const CliResult run = cli_.run({"evaluate", checkpoints_, "--data", other, "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    QCOMPARE(run.json()["samples"].toInt(), 6);
    const QJsonArray counts = run.json()["counts"].toArray();
    QCOMPARE(counts.size(), 2);
    QCOMPARE(counts[0].toArray(), (QJsonArray{0, 0}));
    QCOMPARE(counts[1][0].toInt() + counts[1][1].toInt(), 6);
    const QString strange = cli_.path("strange");
    write_picture_classes(strange, {"zebra"}, 3);
    const CliResult refused = cli_.run({"evaluate", checkpoints_, "--data", strange});
    QVERIFY2(refused.exit_code == 2 && refused.errors().join(' ').contains("zebra"), refused.text());
  }

  /// A model of plain pixels reads pictures of their size, and a model of texts the lines of a file.
  void pixels_and_texts_are_read_too() {
    const QStringList idx = small_idx(cli_.path("digits"), 256, 64);
    const QString digits = cli_.path("digits ckpt");
    const CliResult trained = cli_.run(QStringList{"run", "example:idx"} + idx +
                                       QStringList{"--epochs", "1", "--device", "cpu", "--checkpoints", digits});
    QVERIFY2(trained.exit_code == 0, trained.text());
    const QString right = cli_.path("right.jpg");
    write_file(right, jpeg_of(28, 28, 90, 90, 90));
    const CliResult run = cli_.run({"predict", digits, right, files_below(photos_).front(), "--json", "-"});
    QVERIFY2(run.exit_code == 0 && run.json()["predictions"].toArray().size() == 1, run.text());
    QVERIFY2(run.json()["bad"][0]["message"].toString().contains("trained on"), run.text());

    // The same picture by standard input.
    const auto piped = [&](const QByteArray& bytes) {
      QProcess process;
      cli_.start(process, {"predict", digits, "-", "--json", "-"});
      process.write(bytes);
      process.closeWriteChannel();
      return Cli::finish(process, {});
    };
    const CliResult given = piped(jpeg_of(28, 28, 90, 90, 90));
    QVERIFY2(given.exit_code == 0, given.text());
    QCOMPARE(given.json()["predictions"][0]["file"].toString(), QString("-"));
    QCOMPARE(given.json()["predictions"][0]["class"], run.json()["predictions"][0]["class"]);
    QVERIFY(qAbs(given.json()["predictions"][0]["probability"].toDouble() -
                 run.json()["predictions"][0]["probability"].toDouble()) < 1e-5);
    const CliResult nothing = piped({});
    QVERIFY2(nothing.exit_code == 2 && nothing.errors().join(' ').contains("standard input is empty"), nothing.text());

    write_file(cli_.path("lines.txt"), text_lines(200));
    write_file(cli_.path("text.feedline"), text_graph(cli_.path("lines.txt")));
    const QString texts = cli_.path("text ckpt");
    const CliResult learnt =
        cli_.run({"run", cli_.path("text.feedline"), "--epochs", "1", "--device", "cpu", "--checkpoints", texts});
    QVERIFY2(learnt.exit_code == 0, learnt.text());
    write_file(cli_.path("asked.txt"), "abc\n\ndef ghi\n");
    const CliResult answers = cli_.run({"predict", texts, cli_.path("asked.txt"), "--json", "-"});
    QVERIFY2(answers.exit_code == 0, answers.text());
    QCOMPARE(answers.json()["predictions"].toArray().size(), 2);
    QVERIFY(answers.json()["predictions"][1]["file"].toString().endsWith("asked.txt:3"));
  }

  /// Columns by name in another order, others besides, without a label; a bad row is named.
  void rows_of_a_table_are_predicted() {
    const QString tables = cli_.path("table ckpt");
    const CliResult trained =
        cli_.run({"run", "example:tables", "--set", "source.kind=blobs", "--set", "source.rows=400", "--epochs", "2",
                  "--device", "cpu", "--checkpoints", tables});
    QVERIFY2(trained.exit_code == 0, trained.text());
    const QString asked = cli_.path("asked.csv");
    write_file(asked, "d,note,a,b,c\n0.5,x,1,2,3\n1,y,much,2,3\n-4,z,0,1.5,2\n");
    const CliResult run = cli_.run({"predict", tables, asked, "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonArray predictions = run.json()["predictions"].toArray();
    QCOMPARE(predictions.size(), 2);
    QVERIFY(predictions[0]["file"].toString().endsWith("asked.csv:2"));
    QVERIFY(predictions[1]["file"].toString().endsWith("asked.csv:4"));
    QCOMPARE(predictions[0]["probabilities"].toObject().size(), 3);
    QVERIFY2(run.json()["bad"][0]["file"].toString().endsWith("asked.csv:3"), run.text());
    write_file(asked, "a,b,c\n1,2,3\n");
    const CliResult lacking = cli_.run({"predict", tables, asked});
    QVERIFY2(lacking.exit_code == 2 && lacking.errors().join(' ').contains("no column 'd'"), lacking.text());

    // While it waits for more of standard input, it hears Ctrl-C, and leaves nothing behind.
    const QString kept = cli_.path("kept");
    QDir().mkpath(kept);
    cli_.set_environment("TMPDIR", kept);
    QProcess process;
    cli_.start(process, {"predict", tables, "-"});
    process.write("a,b,c,d\n1,2,3,0.5\n");
    QTRY_COMPARE_WITH_TIMEOUT(files_below(kept).size(), 1, 60'000);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(process.readAllStandardError().contains("interrupted"));
    QCOMPARE(files_below(kept).size(), 0);
  }

  void what_cannot_be_is_refused_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("no checkpoint") << QStringList{"predict", cli_.path("nowhere"), photos_} << "no such folder";
    QTest::newRow("no such input") << QStringList{"predict", checkpoints_, "gone.jpg"} << "no such file";
    QTest::newRow("no pictures") << QStringList{"predict", checkpoints_, checkpoints_} << "no pictures";
    QTest::newRow("no device") << QStringList{"evaluate", checkpoints_, "--device", "toaster"} << "device";
  }
  void what_cannot_be_is_refused() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const CliResult run = cli_.run(arguments);
    QVERIFY2(run.exit_code == 2 && run.errors().join(' ').contains(says), run.text());
  }

 private:
  Cli cli_;
  QString photos_;
  QString checkpoints_;
  QJsonDocument trained_;
};

FEEDLINE_TEST(TestCliPredict)

}  // namespace test_cli_predict

#include "test_cli_predict.moc"
