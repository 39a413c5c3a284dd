// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/rescue_folder.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>
#include <QUuid>

#include <algorithm>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace feedline::gui::inline workspace {

namespace {

constexpr char kLockName[] = "lock";
constexpr char kPattern[] = "*.rescue";

/// Takes away what a window that was killed in the middle of a write has left: only whole files have their name.
void remove_unfinished(const QString& folder) {
  QDir dir(folder);
  for (const QString& name : dir.entryList(QDir::Files | QDir::Hidden | QDir::System))
    if (name != QLatin1String(kLockName) && !QDir::match(QLatin1String(kPattern), name)) dir.remove(name);
}

int open_lock(const QString& folder) {
  const QByteArray name = QFile::encodeName(folder + QLatin1Char('/') + QLatin1String(kLockName));
  return ::open(name.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/// The folder's lock, taken; -1: a running window holds it, or it is not ours to judge.
int claim(const QString& folder) {
  const int lock = open_lock(folder);
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  ::close(lock);
  return -1;
}

void remove_if_empty(const QString& folder) {
  QDir dir(folder);
  if (!dir.entryList({QLatin1String(kPattern)}, QDir::Files).isEmpty()) return;
  dir.remove(QLatin1String(kLockName));
  QDir().rmdir(folder);
}

}  // namespace

QString RescueFolder::default_root() {
  return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + QStringLiteral("/recovery");
}

RescueFolder::RescueFolder(const QString& root) : root_(root) {
  const QString path = root + QLatin1Char('/') + QUuid::createUuid().toString(QUuid::WithoutBraces);
  if (!QDir().mkpath(path)) return;
  lock_ = open_lock(path);
  if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0) path_ = path;
}

RescueFolder::~RescueFolder() {
  if (!path_.isEmpty()) remove_if_empty(path_);
  if (lock_ >= 0) ::close(lock_);
  release();
}

void RescueFolder::release() {
  for (const int lock : std::exchange(claims_, {})) ::close(lock);
}

std::vector<RescueFolder::Left> RescueFolder::left_behind() {
  release();
  std::vector<Left> found;
  for (const QFileInfo& folder : QDir(root_).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
    if (folder.absoluteFilePath() == QFileInfo(path_).absoluteFilePath()) continue;
    const int lock = claim(folder.filePath());
    if (lock < 0) continue;
    claims_.push_back(lock);
    remove_unfinished(folder.filePath());
    for (const QFileInfo& info : QDir(folder.filePath()).entryInfoList({QLatin1String(kPattern)}, QDir::Files))
      if (auto file = RescueFile::read(info.filePath())) found.push_back({info.filePath(), std::move(*file)});
    remove_if_empty(folder.filePath());
  }
  std::sort(found.begin(), found.end(), [](const Left& a, const Left& b) { return a.file.time > b.file.time; });
  return found;
}

void RescueFolder::discard(const QString& path) {
  QFile::remove(path);
  remove_if_empty(QFileInfo(path).path());
}

}  // namespace feedline::gui::inline workspace
