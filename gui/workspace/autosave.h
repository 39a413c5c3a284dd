// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/disk_thread.h"
#include "gui/workspace/rescue_folder.h"
#include "gui/workspace/workspace.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <memory>

namespace feedline::gui::inline workspace {

/// Keeps a copy of every unsaved document, never older than its last edit by more than three seconds, for a window
/// that is killed. A copy goes when its document is saved, undone to what is saved, or closed. Copies are made of the
/// Document (a value) and written by a thread of their own, one after the other.
class Autosave : public QObject {
  Q_OBJECT

 public:
  /// From an edit until its copy is begun to be written.
  static constexpr int kDelayMs = 2000;

  Autosave(Workspace& workspace, QObject* parent, const QString& root = RescueFolder::default_root());
  /// Waits for what is being written, seconds at most: see DiskThread.
  ~Autosave() override;

  [[nodiscard]] std::vector<RescueFolder::Left> left_behind() { return folder_->left_behind(); }
  /// What is left of it may be offered by other windows.
  void release() { folder_->release(); }
  /// Shows what was left behind in a tab, and keeps it anew before the old file goes. Errors: it is no graph.
  Status recover(const RescueFolder::Left& left);
  /// The user has answered for all documents: their copies go.
  void forget_all();
  /// Starts to write what has changed, now.
  void write_now();

 Q_SIGNALS:
  void failed(const QString& reason);  ///< copies cannot be written; told once

 private:
  void watch(DocumentTab& tab);
  void note_change(DocumentTab& tab);
  /// `replaces`: a file that goes once the copy stands.
  void write(DocumentTab& tab, const QString& replaces = {});
  void forget(DocumentTab& tab);
  [[nodiscard]] QString path_of(DocumentTab& tab);

  Workspace& workspace_;
  std::shared_ptr<RescueFolder> folder_;
  QHash<DocumentTab*, QString> paths_{};
  QSet<DocumentTab*> changed_{};
  QTimer timer_{};
  quint64 files_ = 0;
  bool told_ = false;
  DiskThread writer_;
};

}  // namespace feedline::gui::inline workspace
