// SPDX-License-Identifier: GPL-3.0-or-later

// A backbone from pictures that nobody has labelled, by the real program, and another graph that begins from it.

#include "state/safetensors.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QTest>

namespace test_cli_pretrain {

using namespace feedline;
using namespace feedline::test;

class TestCliPretrain : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_folder_without_labels_makes_a_backbone();

 private:
  Cli cli_;
};

void TestCliPretrain::a_folder_without_labels_makes_a_backbone() {
  const QString pictures = cli_.path("pictures");
  write_picture_classes(pictures + "/2025", {"june", "july"}, 10, 70);
  const QStringList small = {"--set", "source.folder=" + pictures, "--set", "batch.size=8", "--epochs", "1"};
  const QString out = cli_.path("mine.safetensors");
  const CliResult made = cli_.run(QStringList{"pretrain", "example:turns", "--out", out, "--half"} + small);
  QVERIFY2(made.exit_code == 0, made.text());
  QVERIFY2(!made.err.contains("of one class"), made.text());  // nothing asks for the classes of pictures
  const auto weights = SafetensorsFile::open(out.toStdString());
  QVERIFY2(weights, weights ? "" : weights.error().line().c_str());
  QCOMPARE(weights->metadata().at("network"), std::string("mobilenet_v2"));
  const auto first = weights->read("features.0.0.weight");
  QVERIFY(first && first->type == ElementType::F16);

  const CliResult begun = cli_.run(QStringList{"run", "example:turns", "--set", "backbone.weights=" + out} + small);
  QVERIFY2(begun.exit_code == 0, begun.text());
}

FEEDLINE_TEST(TestCliPretrain)

}  // namespace test_cli_pretrain

#include "test_cli_pretrain.moc"
