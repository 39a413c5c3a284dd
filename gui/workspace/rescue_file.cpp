// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/rescue_file.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryFile>

#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace feedline::gui::inline workspace {

namespace {

constexpr char kMark[] = "feedline_rescue";
constexpr char kPart[] = ".part";

tl::unexpected<Error> file_error(const QString& reason, const QString& path) {
  return fail(Error{.reason = reason.toStdString(), .file = path.toStdString()});
}

}  // namespace

Status RescueFile::write(const QString& path) const {
  const QJsonObject object{{kMark, 1},
                           {"name", name},
                           {"file", file},
                           {"time", time.toString(Qt::ISODateWithMs)},
                           {"graph", QString::fromStdString(graph)}};
  // Not QSaveFile: what a kill leaves of that is called like a rescued file, for ever.
  QTemporaryFile out(QFileInfo(path).path() + QStringLiteral("/XXXXXX") + QLatin1String(kPart));
  if (!out.open()) return file_error(out.errorString(), path);
  const QByteArray text = QJsonDocument(object).toJson();
  const QByteArray from = QFile::encodeName(out.fileName());
  if (out.write(text) != text.size() || !out.flush() || ::fsync(out.handle()) != 0)
    return file_error(out.errorString(), path);
  if (::rename(from.constData(), QFile::encodeName(path).constData()) != 0)
    return file_error(qt_error_string(errno), path);
  out.setAutoRemove(false);
  return {};
}

Result<RescueFile> RescueFile::read(const QString& path) {
  QFile in(path);
  if (!in.open(QIODevice::ReadOnly)) return file_error(in.errorString(), path);
  const QJsonObject object = QJsonDocument::fromJson(in.readAll()).object();
  if (object.value(kMark).toInt() != 1) return file_error(QStringLiteral("is no rescued graph"), path);
  return RescueFile{.name = object.value("name").toString(),
                    .file = object.value("file").toString(),
                    .time = QDateTime::fromString(object.value("time").toString(), Qt::ISODateWithMs),
                    .graph = object.value("graph").toString().toStdString()};
}

}  // namespace feedline::gui::inline workspace
