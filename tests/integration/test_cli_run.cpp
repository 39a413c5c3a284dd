// SPDX-License-Identifier: GPL-3.0-or-later

// `run` and `profile` of the real program on small data: results, repeatability, interruption.

#include "base/embedded.h"
#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QTest>

#include <cmath>
#include <signal.h>

namespace test_cli_run {

using namespace feedline::test;

namespace {

const QStringList kTop = {"samples_per_s", "steps",          "wall_s",       "epochs",   "stages",   "step",
                          "errors",        "peak_rss_bytes", "seed",         "device",   "versions", "notices",
                          "confusion",     "curves",         "whole_wall_s", "residuals"};
const QStringList kEpoch = {"train_loss",    "train_accuracy", "val_loss",     "val_accuracy",
                            "samples_per_s", "wall_s",         "first_wait_s", "median_wait_s"};
const QStringList kStage = {"node",      "type",      "records",    "records_per_s", "cpu_s", "busy_s",
                            "starved_s", "blocked_s", "queue_fill", "workers",       "cache", "padding"};
const QStringList kStep = {"wait_s", "h2d_s", "forward_s", "backward_s", "optimizer_s", "other_s"};

QString lacks(const QJsonObject& object, const QStringList& keys) {
  for (const QString& key : keys)
    if (!object.contains(key)) return key;
  return {};
}

QStringList stage_nodes(const QJsonDocument& json) {
  QStringList nodes;
  for (const QJsonValue& stage : json["stages"].toArray()) nodes << stage["node"].toString();
  return nodes;
}

}  // namespace

class TestCliRun : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { idx_ = small_idx(cli_.path("data")); }
  void json_holds_the_interface();
  void one_seed_gives_equal_bytes_whatever_the_workers();
  void json_tells_what_is_taken_for_what();
  void json_goes_to_a_file_and_replaces_it();
  void max_steps_ends_early();
  void picture_folder_trains();
  void every_example_runs_without_files_data();
  void every_example_runs_without_files();
  void generated_pictures_train();
  void full_disk_is_named();
  void reader_that_goes_away_harms_nothing();
  void interrupt_stops_cleanly_data();
  void interrupt_stops_cleanly();
  void second_interrupt_ends_at_once();
  void profile_prints_the_table_data();
  void profile_prints_the_table();

 private:
  [[nodiscard]] QStringList train(const QStringList& more) const {
    return QStringList{"run", "example:idx"} + idx_ + more;
  }

  Cli cli_;
  QStringList idx_;
};

void TestCliRun::json_holds_the_interface() {
  const CliResult run = cli_.run(train({"--epochs", "2", "--seed", "5", "--device", "cpu", "--json", "-"}));
  QVERIFY2(!run.crashed && run.exit_code == 0, run.text());
  const QJsonDocument json = run.json();
  QVERIFY2(json.isObject(), run.text());
  QCOMPARE(lacks(json.object(), kTop), QString());
  QCOMPARE(json["seed"].toInt(), 5);
  QCOMPARE(json["device"].toString(), QString("cpu"));
  QCOMPARE(json["steps"].toInt(), 8);  // 2 epochs of 512 / 128
  QVERIFY(json["samples_per_s"].toDouble() > 0 && json["wall_s"].toDouble() > 0 &&
          json["peak_rss_bytes"].toDouble() > 1e6);

  const QJsonArray epochs = json["epochs"].toArray();
  QCOMPARE(epochs.size(), 2);
  for (const QJsonValue& epoch : epochs) {
    QCOMPARE(lacks(epoch.toObject(), kEpoch), QString());
    for (const char* accuracy : {"train_accuracy", "val_accuracy"}) {
      QVERIFY(epoch[QLatin1String(accuracy)].toDouble(-1) >= 0);
      QVERIFY(epoch[QLatin1String(accuracy)].toDouble(2) <= 1);
    }
  }
  QVERIFY2(epochs[1]["train_loss"].toDouble() < epochs[0]["train_loss"].toDouble(), run.text());

  const QStringList nodes = stage_nodes(json);
  for (const char* node : {"source", "crop", "flip", "normalise", "batch"})
    QVERIFY2(nodes.contains(QLatin1String(node)), run.text());
  for (const QJsonValue& stage : json["stages"].toArray()) {
    QCOMPARE(lacks(stage.toObject(), kStage), QString());
    if (stage["node"] == "crop") QVERIFY2(stage["records"].toInt() == 2 * 512, run.text());
    QVERIFY(stage["workers"].toInt() >= 1);
    QVERIFY(stage["queue_fill"].toDouble(-1) >= 0 && stage["queue_fill"].toDouble(2) <= 1);
  }
  QCOMPARE(lacks(json["step"].toObject(), kStep), QString());
  QVERIFY(json["step"]["forward_s"].toDouble() > 0 && json["step"]["backward_s"].toDouble() > 0);
  QCOMPARE(json["errors"].toArray().size(), 0);
  QVERIFY2(run.err.contains("epoch 2/2") && run.err.contains("validation") && run.err.contains("done"), run.text());
}

void TestCliRun::one_seed_gives_equal_bytes_whatever_the_workers() {
  const auto losses = [&](const char* seed, const char* workers) {
    const CliResult run =
        cli_.run(train({"--epochs", "2", "--device", "cpu", "--seed", seed, "--workers", workers, "--json", "-"}));
    QJsonArray all;
    for (const QJsonValue& epoch : run.json()["epochs"].toArray())
      for (const QString& key : {kEpoch[0], kEpoch[1], kEpoch[2], kEpoch[3]}) all.append(epoch[key]);
    return QJsonDocument(all).toJson(QJsonDocument::Compact);
  };
  const QByteArray first = losses("1", "1");
  QVERIFY(first.count(',') == 7);
  QCOMPARE(losses("1", "3"), first);
  QVERIFY(losses("2", "1") != first);
}

void TestCliRun::json_tells_what_is_taken_for_what() {
  const auto found = [&](const char* workers) {
    return cli_.run(train({"--epochs", "2", "--device", "cpu", "--workers", workers, "--json", "-"})).json();
  };
  const QJsonDocument json = found("1");
  const QJsonObject confusion = json["confusion"].toObject();
  QCOMPARE(confusion["epoch"].toInt(), 2);
  QCOMPARE(confusion["classes"].toArray().size(), 10);
  int right = 0;
  int all = 0;
  for (int label = 0; label < 10; ++label)
    for (int predicted = 0; predicted < 10; ++predicted) {
      const int count = confusion["counts"][label][predicted].toInt(-1);
      QVERIFY(count >= 0);
      all += count;
      right += label == predicted ? count : 0;
    }
  QCOMPARE(all, 256);
  QVERIFY(std::abs(right / 256.0 - json["epochs"][1]["val_accuracy"].toDouble()) < 1e-9);
  const QJsonArray worst = confusion["worst"].toArray();
  QCOMPARE(worst.size(), 24);
  for (qsizetype i = 1; i < worst.size(); ++i)
    QVERIFY(worst[i - 1]["label_probability"].toDouble() <= worst[i]["label_probability"].toDouble());
  QVERIFY(worst[0]["record"].toInt(-1) >= 0);
  QCOMPARE(found("3")["confusion"].toObject(), confusion);
}

void TestCliRun::json_goes_to_a_file_and_replaces_it() {
  const QString path = cli_.path("result.json");
  write_file(path, "old");
  const CliResult run = cli_.run(train({"--max-steps", "1", "--json", path}));
  QVERIFY2(run.exit_code == 0 && run.out.isEmpty(), run.text());
  QCOMPARE(QJsonDocument::fromJson(read_file(path))["steps"].toInt(), 1);
  QCOMPARE(QDir(cli_.path(".")).entryList({"result.json*"}), QStringList{"result.json"});
}

void TestCliRun::max_steps_ends_early() {
  const CliResult run = cli_.run(train({"--max-steps", "3", "--json", "-"}));
  QVERIFY2(run.exit_code == 0, run.text());
  QCOMPARE(run.json()["steps"].toInt(), 3);
}

void TestCliRun::picture_folder_trains() {
  write_picture_folder(cli_.path("pictures"), 24);
  const CliResult run =
      cli_.run({"run", "example:image-folder", "--epochs", "1", "--set", "source.folder=" + cli_.path("pictures"),
                "--set", "crop.size=64", "--set", "batch.size=8", "--json", "-"});
  QVERIFY2(run.exit_code == 0, run.text());
  QCOMPARE(run.json()["epochs"].toArray().size(), 1);
  QVERIFY2(run.json()["epochs"][0]["val_accuracy"].isDouble(), run.text());  // validation_split of the example
}

void TestCliRun::every_example_runs_without_files_data() {
  QTest::addColumn<QString>("example");
  for (const feedline::EmbeddedFile& file : feedline::embedded_examples()) {
    const QByteArray name(file.name.data(), static_cast<qsizetype>(file.name.size()));
    QTest::newRow(name) << QString::fromUtf8(name).section('.', 0, 0);
  }
}
void TestCliRun::every_example_runs_without_files() {
  QFETCH(QString, example);
  // Those that are about a public data set name it, and have the user choose its file.
  static const QMap<QString, QString> files = {{"adult", "/tables/uci/adult-train.csv"},
                                               {"diamonds", "/tables/seaborn/diamonds.csv"},
                                               {"products", "/mixed/fashion-products/products.csv"}};
  QStringList arguments = {"run", "example:" + example, "--max-steps", "2", "--json", "-"};
  if (files.contains(example)) {
    const QString file = feedline::test::shared_data(files[example]);
    if (!QFile::exists(file)) QSKIP(qPrintable(file + " is not there"));
    arguments << "--set"
              << "source.file=" + file;
  }
  // Its 2,000 large pictures take seconds to paint; the other examples paint all of theirs.
  if (example == "naive") arguments << QStringList{"--set", "source.count=300"};
  const CliResult run = cli_.run(arguments, 240'000);
  QVERIFY2(run.exit_code == 0, run.text());
  QCOMPARE(run.json()["steps"].toInt(), 2);
}

void TestCliRun::generated_pictures_train() {
  const QStringList arguments = {"run",      "example:quickstart",
                                 "--set",    "source.count=96",
                                 "--set",    "source.size=48",
                                 "--set",    "batch.size=16",
                                 "--set",    "crop.size=24",
                                 "--epochs", "1",
                                 "--json",   "-"};
  const CliResult first = cli_.run(arguments);
  QVERIFY2(first.exit_code == 0, first.text());
  QVERIFY(QDir(cli_.path("cache")).exists());
  // The second run reads what the first one painted, and learns the same from it.
  const CliResult second = cli_.run(arguments);
  QVERIFY2(second.exit_code == 0, second.text());
  QCOMPARE(second.json()["epochs"][0]["train_loss"], first.json()["epochs"][0]["train_loss"]);
}

void TestCliRun::full_disk_is_named() {
  if (!QFile::exists("/dev/full")) QSKIP("this system has no /dev/full");
  const CliResult run = cli_.run(train({"--max-steps", "1", "--json", "/dev/full"}));
  QVERIFY2(!run.crashed && run.exit_code == 2, run.text());
  QVERIFY2(run.errors().size() == 1 && run.errors().first().contains("/dev/full"), run.text());
}

void TestCliRun::reader_that_goes_away_harms_nothing() {
  QProcess process;
  cli_.start(process, {"nodes", "--json"});
  process.closeReadChannel(QProcess::StandardOutput);
  const CliResult run = Cli::finish(process);
  QVERIFY2(!run.crashed && run.exit_code == 0, run.text());
}

void TestCliRun::interrupt_stops_cleanly_data() {
  QTest::addColumn<int>("signal");
  QTest::newRow("Ctrl-C") << SIGINT;
  QTest::newRow("SIGTERM") << SIGTERM;
}

void TestCliRun::interrupt_stops_cleanly() {
  QFETCH(int, signal);
  QProcess process;
  QByteArray seen;
  cli_.start(process, train({"--epochs", "100000", "--json", "-"}));
  QVERIFY2(Cli::wait_for_error_text(process, "epoch 1/100000", seen), seen);
  QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
  const CliResult run = Cli::finish(process, seen);
  QVERIFY2(!run.crashed && run.exit_code == 130, run.text());
  QVERIFY2(run.err.contains("interrupted: stopped cleanly"), run.text());
  QVERIFY2(run.json().isObject(), run.text());
  QVERIFY2(run.json()["steps"].toInt() >= 4 && !run.json()["epochs"].toArray().isEmpty(), run.text());
}

void TestCliRun::second_interrupt_ends_at_once() {
  QProcess process;
  QByteArray seen;
  cli_.start(process, train({"--epochs", "100000"}));
  QVERIFY2(Cli::wait_for_error_text(process, "training on", seen), seen);
  const auto pid = static_cast<pid_t>(process.processId());
  ::kill(pid, SIGINT);
  ::kill(pid, SIGTERM);
  const CliResult run = Cli::finish(process, seen);
  QVERIFY2(!run.crashed && run.exit_code == 130, run.text());
}

void TestCliRun::profile_prints_the_table_data() {
  QTest::addColumn<bool>("trained");
  QTest::newRow("with training") << true;
  QTest::newRow("--no-train") << false;
}

void TestCliRun::profile_prints_the_table() {
  QFETCH(bool, trained);
  const QString path = cli_.path("profile.json");
  QStringList arguments = QStringList{"profile", "example:idx", "--epochs", "8", "--json", path} + idx_;
  if (!trained) arguments << "--no-train";
  cli_.set_environment("COLUMNS", "80");  // whatever the verdict marks, names are whole
  const CliResult run = cli_.run(arguments);
  cli_.set_environment("COLUMNS", "100");
  QVERIFY2(!run.crashed && run.exit_code == 0, run.text());
  for (const char* word :
       {"records/s", "CPU busy", "starved", "blocked", "queue fill", "share", "normalise", "whole run"})
    QVERIFY2(run.out.contains(word), run.text());
  QVERIFY2(run.out.count("<- bottleneck") <= 1, run.text());  // only what the verdict names
  QVERIFY(!run.out.toLower().contains("busiest"));
  QCOMPARE(run.out.contains("backward"), trained);
  const QJsonDocument json = QJsonDocument::fromJson(read_file(path));
  QCOMPARE(lacks(json.object(), kTop), QString());
  QVERIFY(stage_nodes(json).contains("crop"));
  QCOMPARE(json["step"]["backward_s"].toDouble() > 0, trained);
}

FEEDLINE_TEST(TestCliRun)

}  // namespace test_cli_run

#include "test_cli_run.moc"
