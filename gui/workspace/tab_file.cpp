// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/tab_file.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>
#include <QUuid>

#include <algorithm>

namespace feedline::gui::inline workspace {
namespace {

/// One small file for each tab that shows a graph, in a folder that all windows know, held while it does; what windows
/// that were killed left there counts for nothing. Their names begin with this.
QString mark_prefix(const QString& file) {
  const QFileInfo info(file);
  const QString real = info.exists() ? info.canonicalFilePath() : info.absoluteFilePath();
  const QByteArray name = QCryptographicHash::hash(real.toUtf8(), QCryptographicHash::Sha1).toHex();
  return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/open/") +
         QString::fromLatin1(name);
}

std::unique_ptr<QLockFile> lock_at(const QString& path) {
  auto lock = std::make_unique<QLockFile>(path);
  lock->setStaleLockTime(0);
  return lock;
}

}  // namespace

std::filesystem::path to_path(const QString& file) { return {QFile::encodeName(file).toStdString()}; }

void TabFile::set(const QString& file, const FileStamp& stamp) {
  if (file != path_ || mark_ == nullptr) {
    const QFileInfo prefix(mark_prefix(file));
    QDir().mkpath(prefix.path());
    mark_ = lock_at(prefix.filePath() + QLatin1Char('.') + QUuid::createUuid().toString(QUuid::WithoutBraces));
    mark_->tryLock(0);
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

bool TabFile::open_elsewhere() {
  if (mark_ == nullptr) return false;
  const QFileInfo mine(mark_->fileName());
  const QStringList marks = mine.dir().entryList({mine.completeBaseName() + QStringLiteral(".*")}, QDir::Files);
  return std::any_of(marks.begin(), marks.end(), [&](const QString& name) {
    if (name == mine.fileName()) return false;
    const auto other = lock_at(mine.dir().filePath(name));
    return !other->tryLock(0) && other->error() == QLockFile::LockFailedError;
  });
}

}  // namespace feedline::gui::inline workspace
