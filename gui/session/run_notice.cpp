// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/run_notice.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCall>
#include <QVariantMap>
#include <QWidget>

namespace feedline::gui::inline session {

RunNotice::RunNotice(QWidget* window, Show show) : QObject(window), window_(window), show_(std::move(show)) {
  if (!show_) show_ = [this](const QString& title, const QString& text) { notify(title, text); };
}

void RunNotice::run_ended(const QString& title, const QString& text) {
  const bool long_enough = since_.isValid() && static_cast<double>(since_.elapsed()) >= least_seconds_ * 1000;
  since_.invalidate();
  if (long_enough && !window_->isActiveWindow()) show_(title, text);
}

/// Source: Desktop Notifications Specification 1.2, freedesktop.org.
void RunNotice::notify(const QString& title, const QString& text) {
  QApplication::alert(window_);
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  QDBusMessage call = QDBusMessage::createMethodCall(
      QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("/org/freedesktop/Notifications"),
      QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("Notify"));
  constexpr quint32 kNew = 0;
  constexpr qint32 kAsTheDesktopLikes = -1;
  call << QStringLiteral("Feedline") << kNew << QStringLiteral("feedline") << title << text.toHtmlEscaped()
       << QStringList() << QVariantMap() << kAsTheDesktopLikes;
  bus.asyncCall(call);  // a desktop without such a service has the sign in the task bar
}

}  // namespace feedline::gui::inline session
