// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/cores.h"
#include "base/device_name.h"
#include "support/results.h"
#include "support/test_program.h"
#include "training/doctor.h"
#include "training/report.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

namespace test_report {

using namespace feedline;

namespace {

RunResult sample() {
  RunResult result;
  result.execution.seed = 5;
  result.execution.device = "cpu";
  result.execution.workers = 2;
  result.execution.replicas = 3;
  result.execution.intra_op_threads = 4;
  result.execution.precision = "bfloat16";
  result.execution.channels_last = true;
  result.epochs = {
      {.epoch = 1, .metrics = test::classified(1.5, 0.5), .samples_per_s = 100, .wall_s = 3, .samples = 200},
      {.epoch = 2, .metrics = test::classified(1, 0.75, 1.25, 0.5), .samples_per_s = 300, .wall_s = 2, .samples = 200}};
  result.errors = {{.error = {.reason = "it is no picture", .node = "decode", .file = "/tmp/\xff.jpg"}, .count = 3}};
  result.last.started = from_seconds(10);
  result.last.at = from_seconds(14);
  result.last.trainer.steps = 8;
  result.last.trainer.samples = 400;
  result.last.trainer.stepped = from_seconds(2.5);
  result.last.trainer.times = test::times_of({{Phase::Wait, from_seconds(1)}, {Phase::Forward, from_seconds(2)}});
  result.last.process.peak_rss_bytes = 1234;
  result.last.stages = {
      {.node = "source", .type = "idx", .total = {.records = 400, .cpu = from_seconds(1)}, .workers = 2},
      {.node = "decode",
       .type = "decode",
       .total = {.records = 400, .cpu = from_seconds(3)},
       .workers = 2,
       .queue = {.fill = 0.5}}};
  return result;
}

QJsonObject parse(const RunResult& result) {
  return QJsonDocument::fromJson(QByteArray::fromStdString(report_json(result))).object();
}

}  // namespace

class TestReport : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void has_every_key_data();
  void has_every_key();
  void figures();
  void of_a_failed_run();
  void of_a_run_that_never_began();
  void stages_between_two_snapshots();
  void device_names_data();
  void device_names();
  void doctor_has_a_remedy_for_each_weakness();
  void cores();
};

void TestReport::has_every_key_data() {
  QTest::addColumn<QString>("where");
  QTest::addColumn<QStringList>("keys");
  QTest::newRow("top") << ""
                       << QStringList{"result",    "error",        "samples_per_s", "steps",    "wall_s",
                                      "epochs",    "stages",       "step",          "errors",   "peak_rss_bytes",
                                      "seed",      "device",       "versions",      "replicas", "intra_op_threads",
                                      "precision", "channels_last", "memory"};
  QTest::newRow("epochs") << "epochs" << QStringList{"train_loss",   "train_accuracy", "val_loss",
                                                     "val_accuracy", "samples_per_s",  "wall_s"};
  QTest::newRow("stages") << "stages"
                          << QStringList{"node",      "type",      "records",    "records_per_s", "cpu_s", "busy_s",
                                         "starved_s", "blocked_s", "queue_fill", "workers",       "share"};
  QTest::newRow("step") << "step"
                        << QStringList{"wait_s", "h2d_s", "forward_s", "backward_s", "optimizer_s", "other_s"};
  QTest::newRow("errors") << "errors" << QStringList{"node", "file", "message", "count"};
  QTest::newRow("versions") << "versions" << QStringList{"feedline", "libtorch"};
}

void TestReport::has_every_key() {
  QFETCH(QString, where);
  QFETCH(QStringList, keys);
  const QJsonObject report = parse(sample());
  QVERIFY(!report.isEmpty());
  QJsonObject object = report;
  if (!where.isEmpty())
    object = report[where].isArray() ? report[where].toArray()[0].toObject() : report[where].toObject();
  for (const QString& key : keys) QVERIFY2(object.contains(key), qPrintable(key));
}

void TestReport::figures() {
  const QJsonObject report = parse(sample());
  QCOMPARE(report["result"].toString(), QString("completed"));
  QVERIFY(report["error"].isNull());
  QCOMPARE(report["samples_per_s"].toDouble(), 160.0);  // whole run, training only
  QCOMPARE(report["steps"].toInt(), 8);
  QCOMPARE(report["wall_s"].toDouble(), 4.0);
  QVERIFY(report["epochs"][0]["val_loss"].isNull());
  QCOMPARE(report["epochs"][1]["val_loss"].toDouble(), 1.25);
  QCOMPARE(report["epochs"][0]["metrics"].toArray().size(), 2);
  const QJsonValue last = report["epochs"][1]["metrics"][3];
  QCOMPARE(last["name"].toString() + ' ' + last["split"].toString(), QString("accuracy val"));
  QCOMPARE(last["value"].toDouble(), report["epochs"][1]["val_accuracy"].toDouble());
  QVERIFY(last["higher_is_better"].toBool() && last["unit"] == "share");
  QCOMPARE(report["step"]["forward_s"].toDouble(), 2.0);
  QCOMPARE(report["phases"].toArray().size(), static_cast<int>(kStepPhaseCount) - 2);  // no checkpoints, no ranks
  QCOMPARE(report["phases"][2]["name"].toString(), QString("forward"));
  QCOMPARE(report["phases"][2]["seconds"].toDouble(), 2.0);
  QCOMPARE(report["stages"][1]["records_per_s"].toDouble(), 100.0);
  QCOMPARE(report["stages"][1]["share"].toDouble(), 0.75);
  QCOMPARE(report["errors"][0]["count"].toInt(), 3);
  QCOMPARE(report["peak_rss_bytes"].toInt(), 1234);
  QCOMPARE(report["replicas"].toInt(), 3);
  QCOMPARE(report["intra_op_threads"].toInt(), 4);
  QCOMPARE(report["precision"].toString(), QString("bfloat16"));
  QCOMPARE(report["channels_last"].toBool(), true);
}

void TestReport::of_a_failed_run() {
  RunResult result = sample();
  result.end = RunResult::End::Failed;
  result.failure = Error{.code = ErrorCode::Failed, .reason = "no memory", .remedy = "buy some", .node = "conv"};
  const QJsonObject report = parse(result);
  QCOMPARE(report["result"].toString(), QString("failed"));
  QCOMPARE(report["error"]["node"].toString(), QString("conv"));
  QCOMPARE(report["error"]["message"].toString(), QString("no memory"));
  QCOMPARE(report["error"]["remedy"].toString(), QString("buy some"));
}

void TestReport::of_a_run_that_never_began() {
  RunResult result;
  result.end = RunResult::End::Stopped;
  const QJsonObject report = parse(result);
  QCOMPARE(report["result"].toString(), QString("stopped"));
  QCOMPARE(report["samples_per_s"].toDouble(), 0.0);
  QCOMPARE(report["wall_s"].toDouble(), 0.0);
  QVERIFY(report["device"].isNull());
  QVERIFY(report["precision"].isNull());
}

void TestReport::stages_between_two_snapshots() {
  const Snapshot earlier = sample().last;
  Snapshot later = earlier;
  later.at += from_seconds(2);
  later.stages[1].total.records += 50;
  later.stages[1].total.cpu += from_seconds(1);
  const auto rows = stage_rows(earlier, later);
  QCOMPARE(rows.size(), 2U);
  QCOMPARE(rows[0].records, 0U);
  QCOMPARE(rows[1].records, 50U);
  QCOMPARE(rows[1].records_per_s, 25.0);
  QCOMPARE(rows[1].share, 1.0);
}

void TestReport::device_names_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<int>("kind");  // -1: refused
  QTest::addColumn<int>("index");
  QTest::newRow("auto") << "auto" << 0 << 0;
  QTest::newRow("cpu") << "cpu" << 1 << 0;
  QTest::newRow("cuda") << "cuda" << 2 << 0;
  QTest::newRow("cuda:3") << "cuda:3" << 2 << 3;
  for (const char* wrong : {"", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:1x", "cuda:1000", "cuda:99999999999", " cpu"})
    QTest::addRow("'%s'", wrong) << wrong << -1 << 0;
}

void TestReport::device_names() {
  QFETCH(QString, text);
  QFETCH(int, kind);
  QFETCH(int, index);
  const auto device = parse_device_name(text.toStdString());
  QCOMPARE(device.has_value(), kind >= 0);
  if (!device) {
    QVERIFY(!device.error().remedy.empty());
    return;
  }
  QCOMPARE(static_cast<int>(device->kind), kind);
  QCOMPARE(device->index, index);
}

void TestReport::doctor_has_a_remedy_for_each_weakness() {
  QStringList topics;
  for (const Finding& finding : examine_machine()) {
    topics.append(QString::fromStdString(finding.topic));
    QVERIFY(!finding.text.empty());
    QVERIFY2(finding.level == Finding::Level::Ok || !finding.remedy.empty(), finding.topic.c_str());
  }
  for (const char* topic : {"Versions", "BLAS", "JPEG", "Cores", "Memory", "CUDA", "Cache"})
    QVERIFY2(topics.contains(topic), topic);
}

void TestReport::cores() {
  QVERIFY(usable_cores() >= 1);
  QCOMPARE((CoreBudget{.machine = 8, .affinity = 4, .quota = 0}.usable()), std::size_t{4});
  QCOMPARE((CoreBudget{.machine = 8, .affinity = 4, .quota = 1.5}.usable()), std::size_t{2});
  QCOMPARE((CoreBudget{.machine = 8, .affinity = 4, .quota = 0.1}.usable()), std::size_t{1});
}

FEEDLINE_TEST(TestReport)

}  // namespace test_report

#include "test_report.moc"
