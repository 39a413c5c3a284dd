// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/tab_file.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

namespace feedline::gui {
namespace {

/// One small file for each graph that is open, held while it is; those of windows that were killed count for nothing.
std::unique_ptr<QLockFile> mark_of(const QString& file) {
  const QDir folder(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/open"));
  if (!folder.mkpath(QStringLiteral("."))) return nullptr;
  const QFileInfo info(file);
  const QString real = info.exists() ? info.canonicalFilePath() : info.absoluteFilePath();
  const QByteArray name = QCryptographicHash::hash(real.toUtf8(), QCryptographicHash::Sha1).toHex();
  auto mark = std::make_unique<QLockFile>(folder.filePath(QString::fromLatin1(name)));
  mark->setStaleLockTime(0);
  return mark;
}

}  // namespace

std::filesystem::path to_path(const QString& file) { return {QFile::encodeName(file).toStdString()}; }

void TabFile::set(const QString& file, const FileStamp& stamp) {
  if (file != path_ || mark_ == nullptr) {
    mark_ = mark_of(file);
    if (mark_ != nullptr) mark_->tryLock(0);
  }
  path_ = file;
  stamp_ = stamp;
  told_.reset();
}

void TabFile::set_rescued(const QString& file, qint64 time_ms) {
  const DiskState now = compare_with_disk(to_path(file), {});
  set(file, now.stamp.modified_ns / 1'000'000 <= time_ms ? now.stamp : FileStamp{});
}

void TabFile::clear() {
  mark_.reset();
  path_.clear();
  stamp_ = {};
  told_.reset();
}

DiskState TabFile::look() {
  const DiskState state = compare_with_disk(to_path(path_), stamp_);
  note(state);
  return state;
}

void TabFile::note(const DiskState& state) {
  if (state.state != OnDisk::Same) return;
  stamp_ = state.stamp;
  told_.reset();
}

bool TabFile::is_news(const DiskState& state) {
  const bool told = told_ && told_->state == state.state && told_->stamp.size == state.stamp.size &&
                    told_->stamp.digest == state.stamp.digest;
  told_ = state;
  return !told;
}

bool TabFile::open_elsewhere() { return mark_ != nullptr && !mark_->isLocked() && !mark_->tryLock(0); }

}  // namespace feedline::gui
