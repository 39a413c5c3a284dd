// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/dropped_source.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QRegularExpression>

#include <utility>

namespace feedline::gui {

namespace {

constexpr int kMostNames = 5000;

/// train-images-idx3-ubyte, t10k-labels.idx1-ubyte.gz and the like.
bool is_idx(const QString& name, const char* dims) {
  static const QRegularExpression packed(QStringLiteral("\\.gz$"), QRegularExpression::CaseInsensitiveOption);
  const QRegularExpression mark(QStringLiteral("idx[%1]([-.]ubyte)?$").arg(QLatin1String(dims)),
                                QRegularExpression::CaseInsensitiveOption);
  return mark.match(QString(name).remove(packed)).hasMatch();
}

/// The file beside it that goes with it: labels for pictures, pictures for labels; empty if there is none.
QString partner(const QFileInfo& file) {
  const bool pictures = is_idx(file.fileName(), "34");
  const QStringList dims = pictures ? QStringList{"idx1"} : QStringList{"idx3", "idx4"};
  static const QRegularExpression dimensions(QStringLiteral("idx[134]"), QRegularExpression::CaseInsensitiveOption);
  QString name = file.fileName();
  name.replace(pictures ? QStringLiteral("images") : QStringLiteral("labels"),
               pictures ? QStringLiteral("labels") : QStringLiteral("images"), Qt::CaseInsensitive);
  if (name.endsWith(QLatin1String(".gz"))) name.chop(3);
  for (const QString& dim : dims)
    for (const char* packed : {"", ".gz"}) {
      const QFileInfo other(file.dir(), QString(name).replace(dimensions, dim) + QLatin1String(packed));
      if (other.isFile() && other != file) return other.filePath();
    }
  return {};
}

DroppedSource idx_source(const QFileInfo& file) {
  const QString other = partner(file);
  QString images = file.absoluteFilePath();
  QString labels = other.isEmpty() ? QString() : QFileInfo(other).absoluteFilePath();
  if (is_idx(file.fileName(), "1")) std::swap(images, labels);
  DroppedSource source{.type = QStringLiteral("idx")};
  if (!images.isEmpty()) source.params["images"] = images.toStdString();
  if (!labels.isEmpty()) source.params["labels"] = labels.toStdString();
  return source;
}

/// The pictures of an IDX pair in a folder, those to train on first.
QString idx_in(const QString& folder) {
  QString found;
  QDirIterator names(folder, QDir::Files);
  for (int i = 0; names.hasNext() && i < kMostNames; ++i) {
    const QFileInfo file(names.next());
    if (!is_idx(file.fileName(), "34")) continue;
    if (found.isEmpty() || file.fileName().startsWith(QLatin1String("train"))) found = file.filePath();
  }
  return found;
}

}  // namespace

std::optional<DroppedSource> dropped_source(const QString& path) {
  const QFileInfo info(path);
  if (info.isDir()) {
    if (const QString pictures = idx_in(path); !pictures.isEmpty()) return idx_source(QFileInfo(pictures));
    return DroppedSource{.type = QStringLiteral("image_folder"),
                         .params = {{"folder", info.absoluteFilePath().toStdString()}}};
  }
  if (info.isFile() && (is_idx(info.fileName(), "34") || is_idx(info.fileName(), "1"))) return idx_source(info);
  return std::nullopt;
}

}  // namespace feedline::gui
