// SPDX-License-Identifier: GPL-3.0-or-later

// Which devices a network learns on, whatever this machine has: the list of those that are there is a value.

#include "base/device_name.h"
#include "schema/registry.h"
#include "support/test_program.h"
#include "training/devices/placement.h"

#include <QTest>

#include <string>

namespace test_device_placement {

using namespace feedline;

namespace {

QString joined(const std::vector<std::string>& texts) {
  QStringList all;
  for (const std::string& text : texts) all.append(QString::fromStdString(text));
  return all.join(' ');
}

}  // namespace

class TestDevicePlacement : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void lists_data();
  void lists();
  void places_data();
  void places();
  void the_trainer_refuses_what_no_machine_has();
};

void TestDevicePlacement::lists_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<int>("names");  // 0: all GPUs; -1: refused
  QTest::newRow("one") << "cuda:1" << 1;
  QTest::newRow("two") << "cuda:0,cuda:1" << 2;
  QTest::newRow("with spaces") << "cpu, cuda:0 ,cpu" << 3;
  QTest::newRow("all") << "cuda:all" << 0;
  for (const char* wrong :
       {"", ",", "cuda:0,", "cuda:0,,cuda:1", "auto,cuda:0", "cuda:all,cpu", "cuda:0;cuda:1", "gpu"})
    QTest::addRow("'%s'", wrong) << wrong << -1;
}

void TestDevicePlacement::lists() {
  QFETCH(QString, text);
  QFETCH(int, names);
  const auto found = parse_device_names(text.toStdString());
  QCOMPARE(found.has_value(), names >= 0);
  if (!found) {
    QVERIFY(!found.error().remedy.empty());
  } else {
    QCOMPARE(static_cast<int>(found->names.size()), names);
    QCOMPARE(found->every_gpu, names == 0);
  }
}

void TestDevicePlacement::places_data() {
  QTest::addColumn<QString>("device");
  QTest::addColumn<int>("stages");
  QTest::addColumn<int>("gpus");
  QTest::addColumn<QList<int>>("rank");  // its local one, and how many there are; empty: alone
  QTest::addColumn<QString>("where");
  QTest::addColumn<QString>("refused");
  const QList<int> alone;
  QTest::newRow("auto without a GPU") << "auto" << 1 << 0 << alone << "cpu"
                                      << "";
  QTest::newRow("auto") << "auto" << 1 << 4 << alone << "cuda:0"
                        << "";
  QTest::newRow("cuda") << "cuda" << 1 << 4 << alone << "cuda:0"
                        << "";
  QTest::newRow("the last") << "cuda:3" << 1 << 4 << alone << "cuda:3"
                            << "";
  QTest::newRow("all") << "cuda:all" << 1 << 3 << alone << "cuda:0 cuda:1 cuda:2"
                       << "";
  QTest::newRow("two of four") << "cuda:3,cuda:1" << 1 << 4 << alone << "cuda:3 cuda:1"
                               << "";
  QTest::newRow("none there") << "cuda:all" << 1 << 0 << alone << ""
                              << "no CUDA device";
  QTest::newRow("not there") << "cuda:0,cuda:2" << 1 << 2 << alone << ""
                             << "'cuda:2' was asked for";
  QTest::newRow("tells what is there") << "cuda:2" << 1 << 2 << alone << ""
                                       << "cpu, cuda:0, cuda:1";
  QTest::newRow("one twice") << "cuda:1,cuda:1" << 1 << 4 << alone << ""
                             << "two replicas on cuda:1";
  QTest::newRow("beside the processor") << "cpu,cuda:1" << 1 << 4 << alone << ""
                                        << "wait for the slowest";
  QTest::newRow("stages") << "cuda:0,cuda:1" << 2 << 2 << alone << "cuda:0 cuda:1"
                          << "";
  QTest::newRow("stages, mixed") << "cpu,cuda:0,cpu" << 3 << 1 << alone << "cpu cuda:0 cpu"
                                 << "";
  QTest::newRow("stages on one GPU") << "cuda:0,cuda:0" << 2 << 1 << alone << "cuda:0 cuda:0"
                                     << "";
  QTest::newRow("stages on all") << "cuda:all" << 2 << 2 << alone << "cuda:0 cuda:1"
                                 << "";
  QTest::newRow("stages share the cores") << "auto" << 3 << 2 << alone << "cpu"
                                          << "";
  QTest::newRow("stages on the processor") << "cpu,cpu" << 2 << 2 << alone << "cpu"
                                           << "";
  QTest::newRow("more stages") << "cuda:0,cuda:1" << 3 << 4 << alone << ""
                               << "3 stages, and device names 2";
  QTest::newRow("fewer stages") << "cuda:0,cuda:1,cpu" << 2 << 4 << alone << ""
                                << "2 stages, and device names 3";
  QTest::newRow("stages on one") << "cuda:0" << 2 << 4 << alone << ""
                                 << "Name one a stage";
  QTest::newRow("more stages than GPUs") << "cuda:all" << 3 << 2 << alone << ""
                                         << "3 stages, and there are 2 GPUs";
  QTest::newRow("a rank") << "auto" << 1 << 4 << QList<int>{2, 4} << "cuda:2"
                          << "";
  QTest::newRow("a rank of cuda") << "cuda" << 1 << 2 << QList<int>{1, 2} << "cuda:1"
                                  << "";
  QTest::newRow("a rank of a list") << "cuda:2,cuda:3" << 1 << 4 << QList<int>{1, 2} << "cuda:3"
                                    << "";
  QTest::newRow("a rank on the processor") << "cpu" << 1 << 2 << QList<int>{3, 4} << "cpu"
                                           << "";
  QTest::newRow("a rank without GPUs") << "auto" << 1 << 0 << QList<int>{3, 4} << "cpu"
                                       << "";
  QTest::newRow("one rank a machine") << "cuda:all" << 1 << 2 << QList<int>{0, 1} << ""
                                      << "launch --nproc 2";
  QTest::newRow("more ranks than GPUs") << "auto" << 1 << 2 << QList<int>{2, 3} << ""
                                        << "3 processes on this machine";
  QTest::newRow("one GPU for two ranks") << "cuda:1" << 1 << 2 << QList<int>{1, 2} << ""
                                         << "set device to cuda:all";
}

void TestDevicePlacement::places() {
  QFETCH(QString, device);
  QFETCH(int, stages);
  QFETCH(int, gpus);
  QFETCH(QList<int>, rank);
  QFETCH(QString, where);
  QFETCH(QString, refused);
  TrainerSettings settings;
  settings.device = device.toStdString();
  for (int i = 1; i < stages; ++i) settings.stages.push_back("layer" + std::to_string(i));
  World world;
  if (!rank.isEmpty()) {
    world.size = 8;
    world.rank = world.local_rank = rank[0];
    world.local_size = rank[1];
  }
  const auto placed = place_network(settings, {.gpus = gpus}, world);
  QCOMPARE(placed.has_value(), refused.isEmpty());
  if (placed) {
    QCOMPARE(joined(placed->devices), where);
    return;
  }
  QCOMPARE(placed.error().parameter, std::string("device"));
  const QString line = QString::fromStdString(placed.error().line());
  QVERIFY2(line.contains(refused, Qt::CaseInsensitive), qPrintable(line));
  QVERIFY(!placed.error().remedy.empty());
}

/// While a graph is drawn, on whatever machine.
void TestDevicePlacement::the_trainer_refuses_what_no_machine_has() {
  const NodeSpec& trainer = *Registry::instance().find("trainer");
  const auto refused = [&](const std::string& device, const ValueList& stages) {
    const auto found = trainer.infer(trainer.complete({{"device", device}, {"stages", stages}}), {});
    return found ? std::string() : found.error().parameter;
  };
  QCOMPARE(refused("cuda:7,cuda:5", {}), std::string());
  QCOMPARE(refused("cuda:7,cpu", {std::string("last")}), std::string());
  QCOMPARE(refused("auto", {std::string("last")}), std::string());
  QCOMPARE(refused("cuda:7", {std::string("last")}), std::string("device"));
  QCOMPARE(refused("cuda:7,cpu", {}), std::string("device"));
  QCOMPARE(refused("cuda:7,tpu", {}), std::string("device"));
}

FEEDLINE_TEST(TestDevicePlacement)

}  // namespace test_device_placement

#include "test_device_placement.moc"
