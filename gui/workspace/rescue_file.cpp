// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/rescue_file.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

namespace feedline::gui {

namespace {

constexpr char kMark[] = "feedline_rescue";

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
  QSaveFile out(path);
  if (!out.open(QIODevice::WriteOnly)) return file_error(out.errorString(), path);
  out.write(QJsonDocument(object).toJson());
  if (!out.commit()) return file_error(out.errorString(), path);
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

}  // namespace feedline::gui
