// SPDX-License-Identifier: GPL-3.0-or-later
#include "networks.h"
#include "support/test_program.h"

#include <QTest>

#include <cmath>

namespace test_format {

using namespace feedline;

class TestFormat : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void channels_last_changes_nothing_but_speed();
  void chooses_a_format_data();
  void chooses_a_format();
  void bfloat16_in_the_middle_only_data();
  void bfloat16_in_the_middle_only();
};

void TestFormat::channels_last_changes_nothing_but_speed() {
  const ModelPlan plan = picture_network();
  std::vector<at::Tensor> ends;
  for (const bool channels_last : {false, true}) {
    const auto replicas = replicas_of(plan, 2, {}, {.channels_last = channels_last});
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 3; ++step) (void)replicas->train(batch(9, pictures(), step), meter);
    ends.push_back(flat(replicas->model().parameters()).clone());
    for (const at::Tensor& parameter : replicas->model().parameters())
      if (parameter.dim() == 4) QCOMPARE(parameter.is_contiguous(at::MemoryFormat::ChannelsLast), channels_last);
  }
  QVERIFY(at::allclose(ends[0], ends[1], 1e-3, 1e-4));
}

void TestFormat::chooses_a_format_data() {
  QTest::addColumn<QString>("channels_last");
  QTest::addColumn<QString>("precision");
  QTest::addColumn<bool>("cpu");
  QTest::addColumn<bool>("pictures");
  QTest::addColumn<bool>("expected");
  QTest::newRow("auto") << "auto"
                        << "auto" << true << true << true;
  QTest::newRow("auto, no pictures") << "auto"
                                     << "auto" << true << false << false;
  QTest::newRow("off") << "off"
                       << "float32" << true << true << false;
  QTest::newRow("on") << "on"
                      << "auto" << false << true << true;
  QTest::newRow("auto on a GPU") << "auto"
                                 << "auto" << false << true << false;
  QTest::newRow("auto on a GPU, bfloat16") << "auto"
                                           << "bfloat16" << false << true << true;
  QTest::newRow("auto on a GPU, float16") << "auto"
                                          << "float16" << false << true << true;
}

void TestFormat::chooses_a_format() {
  QFETCH(QString, channels_last);
  QFETCH(QString, precision);
  QFETCH(bool, cpu);
  QFETCH(bool, pictures);
  QFETCH(bool, expected);
  TrainerSettings settings;
  settings.channels_last = channels_last.toStdString();
  settings.precision = precision.toStdString();
  const auto format = choose_format(settings, cpu ? at::kCPU : at::kCUDA, pictures);
  QVERIFY(format.has_value());
  QCOMPARE(format->channels_last, expected);
  QCOMPARE(QString::fromStdString(format->precision()), precision == "auto" ? QString("float32") : precision);
  QCOMPARE(format->scales_loss(), precision == "float16");

  settings.precision = "float16";
  const auto on_cpu = choose_format(settings, at::kCPU, pictures);
  QVERIFY(!on_cpu && on_cpu.error().parameter == "precision");
  QVERIFY(on_cpu.error().remedy.find("bfloat16") != std::string::npos);

  settings.precision = "bfloat16";
  const auto reduced = choose_format(settings, at::kCPU, pictures);
  QCOMPARE(reduced.has_value(), cpu_has_bfloat16());
  if (reduced) return;
  QCOMPARE(QString::fromStdString(reduced.error().parameter), QString("precision"));
  QVERIFY(!reduced.error().remedy.empty());
}

void TestFormat::bfloat16_in_the_middle_only_data() {
  QTest::addColumn<bool>("pictures");
  QTest::newRow("features") << false;
  QTest::newRow("pictures") << true;
}

/// Emulated where the CPU lacks it, which is slow and right.
void TestFormat::bfloat16_in_the_middle_only() {
  QFETCH(bool, pictures);
  const ModelPlan plan = pictures ? picture_network() : plain_network();
  const auto exact = model_of(plan);
  const auto reduced = model_of(plan, {.channels_last = pictures, .numbers = at::kBFloat16});
  const auto fields = batch(16, pictures ? feedline::pictures() : features());
  const auto one = exact->forward(fields, {});
  const auto other = reduced->forward(fields, {});
  QVERIFY(other.loss.dtype() == at::kFloat);
  QVERIFY(one.loss.item<float>() != other.loss.item<float>());
  QVERIFY(std::abs(one.loss.item<float>() - other.loss.item<float>()) < 0.02F);
  exact->backward(one.loss);
  reduced->backward(other.loss);
  for (const at::Tensor& parameter : reduced->parameters()) QVERIFY(parameter.grad().dtype() == at::kFloat);
  QVERIFY(at::allclose(gradient(*exact), gradient(*reduced), 0.1, 0.05));
  // The thread is as it was.
  const at::Tensor product = at::mm(at::ones({2, 2}), at::ones({2, 2}));
  QVERIFY(product.dtype() == at::kFloat);
}

FEEDLINE_TEST(TestFormat)

}  // namespace test_format

#include "test_format.moc"
