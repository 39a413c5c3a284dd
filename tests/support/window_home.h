// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QSettings>
#include <QString>
#include <QTemporaryDir>

namespace feedline::test {

/// Settings, cache and recovery folder of a window under test: none of the user's.
class WindowHome {
 public:
  /// `kept`: use this folder and leave it; else a temporary one.
  explicit WindowHome(const QString& kept = {}) : path_(kept.isEmpty() ? folder_.path() : kept) {
    qputenv("FEEDLINE_CACHE", file("cache").toUtf8());
    qputenv("XDG_DATA_HOME", file("data").toUtf8());
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    QCoreApplication::setOrganizationName("feedline-test");
    QCoreApplication::setApplicationName("feedline-test");
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, file("settings"));
  }
  [[nodiscard]] const QString& path() const { return path_; }
  [[nodiscard]] QString file(const QString& name) const { return path_ + '/' + name; }

 private:
  QTemporaryDir folder_{};
  QString path_;
};

}  // namespace feedline::test
