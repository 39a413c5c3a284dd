// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/autosave.h"

#include <QFile>

#include <utility>

namespace feedline::gui::inline workspace {

Autosave::Autosave(Workspace& workspace, QObject* parent, const QString& root)
    : QObject(parent),
      workspace_(workspace),
      folder_(std::make_shared<RescueFolder>(root)),
      writer_(this, "copies of unsaved graphs") {
  timer_.setSingleShot(true);
  timer_.setInterval(kDelayMs);
  connect(&timer_, &QTimer::timeout, this, &Autosave::write_now);
  connect(&workspace_, &Workspace::added, this, &Autosave::watch);
  connect(&workspace_, &Workspace::removed, this, &Autosave::forget);
  for (DocumentTab* tab : workspace_.documents()) watch(*tab);
}

Autosave::~Autosave() {
  // Its folder goes with the last copy, on the thread that may wait for the disk.
  writer_.start([folder = std::move(folder_)]() mutable { folder.reset(); });
}

void Autosave::watch(DocumentTab& tab) {
  connect(&tab.document(), &DocumentController::changed, this, [this, &tab] { note_change(tab); });
  connect(&tab.document().undo_stack(), &QUndoStack::cleanChanged, this, [this, &tab] { note_change(tab); });
}

void Autosave::note_change(DocumentTab& tab) {
  if (folder_->path().isEmpty()) return;
  changed_ << &tab;
  if (!timer_.isActive()) timer_.start();  // not started anew by the next edit: typing on must not put it off
}

void Autosave::write_now() {
  timer_.stop();
  for (DocumentTab* tab : std::exchange(changed_, {})) tab->modified() ? write(*tab) : forget(*tab);
}

QString Autosave::path_of(DocumentTab& tab) {
  QString& path = paths_[&tab];
  if (path.isEmpty()) path = QStringLiteral("%1/%2.rescue").arg(folder_->path()).arg(++files_);
  return path;
}

void Autosave::write(DocumentTab& tab, const QString& replaces) {
  RescueFile file{.name = tab.display_name(), .file = tab.document().file(), .time = QDateTime::currentDateTime()};
  writer_.start([this, outbox = writer_.outbox(), replaces, path = path_of(tab), file = std::move(file),
                 document = tab.document().document()]() mutable {
    file.graph = to_json(document);
    const Status written = file.write(path);
    if (written && !replaces.isEmpty()) RescueFolder::discard(replaces);
    if (written) return;
    outbox->post([this, why = QString::fromStdString(written.error().line())] {
      if (!std::exchange(told_, true)) Q_EMIT failed(why);
    });
  });
}

void Autosave::forget(DocumentTab& tab) {
  changed_.remove(&tab);
  if (const QString path = paths_.take(&tab); !path.isEmpty()) writer_.start([path] { QFile::remove(path); });
}

void Autosave::forget_all() {
  timer_.stop();
  changed_.clear();
  for (DocumentTab* tab : workspace_.documents()) forget(*tab);
}

Status Autosave::recover(const RescueFolder::Left& left) {
  Result<Loaded> loaded = from_json(left.file.graph);
  if (!loaded) return fail(std::move(loaded.error()).in_file(left.path.toStdString()));
  DocumentTab& tab = workspace_.free_tab();
  tab.take_rescued(std::move(*loaded), left.file.file, left.file.name, left.file.time);
  write(tab, left.path);
  return {};
}

}  // namespace feedline::gui::inline workspace
