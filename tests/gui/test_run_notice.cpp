// SPDX-License-Identifier: GPL-3.0-or-later
// The notice as a desktop hears it: a bus of our own, and on it a service that takes the place of the desktop's.
#include "gui/session/run_notice.h"
#include "support/test_program.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusVirtualObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>
#include <QWidget>

namespace test_run_notice {

using namespace feedline::gui;

namespace {

constexpr auto kName = "org.freedesktop.Notifications";
constexpr auto kPath = "/org/freedesktop/Notifications";

/// Takes down what it is asked to show.
class Desktop : public QDBusVirtualObject {
 public:
  QList<QVariantList> shown{};
  [[nodiscard]] QString introspect(const QString&) const override { return {}; }
  bool handleMessage(const QDBusMessage& message, const QDBusConnection& connection) override {
    if (message.interface() != QLatin1String(kName) || message.member() != QLatin1String("Notify")) return false;
    shown << message.arguments();
    return connection.send(message.createReply(QVariant(quint32{1})));
  }
};

}  // namespace

class TestRunNotice : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_desktop_is_told() {
    const QString program = QStandardPaths::findExecutable(QStringLiteral("dbus-daemon"));
    if (program.isEmpty()) QSKIP("there is no dbus-daemon");
    QProcess bus;
    bus.start(program, {QStringLiteral("--session"), QStringLiteral("--nofork"), QStringLiteral("--print-address=1")});
    QTRY_VERIFY(bus.canReadLine());
    const QByteArray address = bus.readLine().trimmed();
    qputenv("DBUS_SESSION_BUS_ADDRESS", address);

    Desktop desktop;
    QDBusConnection service = QDBusConnection::connectToBus(QString::fromUtf8(address), QStringLiteral("desktop"));
    QVERIFY(service.isConnected());
    QVERIFY(service.registerVirtualObject(QLatin1String(kPath), &desktop));
    QVERIFY(service.registerService(QLatin1String(kName)));

    QWidget window;
    RunNotice notice(&window);
    notice.set_least_seconds(0);
    notice.run_started();
    notice.run_ended(QStringLiteral("Cats & dogs"), QStringLiteral("Finished: loss < 0.1 & falling"));
    QTRY_COMPARE(desktop.shown.size(), 1);
    const QVariantList& told = desktop.shown.front();
    // app_name, replaces_id, app_icon, summary, body, actions, hints, expire_timeout
    QCOMPARE(told.size(), 8);
    QCOMPARE(told[0].toString(), QStringLiteral("Feedline"));
    QCOMPARE(told[1].userType(), qMetaTypeId<uint>());
    QCOMPARE(told[3].toString(), QStringLiteral("Cats & dogs"));
    QCOMPARE(told[4].toString(), QStringLiteral("Finished: loss &lt; 0.1 &amp; falling"));  // the body is markup
    QCOMPARE(told[7].toInt(), -1);
    QDBusConnection::disconnectFromBus(QStringLiteral("desktop"));
    bus.terminate();
    QVERIFY(bus.waitForFinished());
  }
};

FEEDLINE_WINDOW_TEST(TestRunNotice)

}  // namespace test_run_notice

#include "test_run_notice.moc"
