// SPDX-License-Identifier: GPL-3.0-or-later
// Two real ranks on threads of this process, over the sockets that processes use.
#include "support/test_program.h"
#include "training/probe_exchange.h"

#include <QTest>

namespace test_probe_exchange {

using namespace feedline;

class TestProbeExchange : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
#ifndef FEEDLINE_GLOO
    QSKIP("Gloo's headers were not found when this was built");
#endif
  }

  void sums_cost_time_and_cores() {
    const auto found = probe_exchange(4 << 20, {});
    QVERIFY2(found.has_value(), found ? "" : found.error().line().c_str());
    QVERIFY(found->made());
    QCOMPARE(found->large_bytes, 4.0 * (1 << 20));
    QVERIFY(found->small_s > 1e-6 && found->small_s < 1);
    // 4 MiB that two processors' threads copy and add take longer than 256 bytes, whatever else the machine does.
    QVERIFY2(found->large_s > found->small_s, QByteArray::number(found->large_s));
    QVERIFY2(found->large_cpu > found->small_cpu, QByteArray::number(found->large_cpu));
    QVERIFY(found->small_cpu > 0 && found->large_cpu < 1);
  }
  void sizes_are_bounded() {
    const auto few = probe_exchange(0, {});
    QVERIFY2(few.has_value(), few ? "" : few.error().line().c_str());
    QCOMPARE(few->large_bytes, 128.0 * 1024);
  }
  void it_can_be_cancelled() {
    std::stop_source stop;
    stop.request_stop();
    const auto found = probe_exchange(1 << 20, stop.get_token());
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::Cancelled);
  }
};

FEEDLINE_TEST(TestProbeExchange)

}  // namespace test_probe_exchange

#include "test_probe_exchange.moc"
