// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/workspace/files.h"
#include "gui/workspace/workspace.h"

#include <QObject>
#include <QThreadPool>

namespace feedline::gui::inline workspace {

/// Looks after the files of open graphs when the window is taken up again, and when a tab is: one that another program
/// has changed or removed, or that a second window shows, is told of above the canvas, with what can be done. Files are
/// looked at on a thread of their own.
class DiskWatch : public QObject {
  Q_OBJECT

 public:
  DiskWatch(Workspace& workspace, Files& files, QWidget* window);
  /// Does not wait for a file on a dead server.
  ~DiskWatch() override;

  void look();
  void look(DocumentTab& tab);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void receive(DocumentTab& tab, const DiskState& state);
  void tell_changed(DocumentTab& tab);
  void tell_gone(DocumentTab& tab, bool unreadable);
  void tell_shared(DocumentTab& tab);

  Workspace& workspace_;
  Files& files_;
  QWidget* window_;
  QThreadPool* pool_;
};

}  // namespace feedline::gui::inline workspace
