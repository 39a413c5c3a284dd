// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/workspace/workspace.h"

#include <QObject>
#include <QString>
#include <QStringList>

class QWidget;

namespace feedline::gui::inline workspace {

/// New, open, save and close, with the questions that belong to them. Nothing here loses an unsaved change without
/// asking.
class Files : public QObject {
  Q_OBJECT

 public:
  /// `window` is the parent of the dialogs.
  Files(Workspace& workspace, QWidget* window);

  /// Saves, discards or keeps: false if the user wants to keep what is open. True at once when nothing is unsaved.
  bool may_leave(DocumentTab& tab);
  /// The same for every tab.
  bool may_leave_all();

  void new_document();
  /// An embedded example, as an untitled copy; its name may lack ".feedline". False if there is none such.
  bool open_example(const QString& name);
  bool open();  ///< asks which
  /// Shows a file: in the tab that has it already, else in a free one.
  bool open(const QString& file);
  bool save() { return save(workspace_.current()); }
  bool save_as() { return save_as(workspace_.current()); }
  bool save_as(DocumentTab& tab);
  /// Every tab with changes; false if one was not saved.
  bool save_all();
  /// Shows what the file holds now. Undo brings back what was there. False, after saying why, if it cannot be read.
  bool reload(DocumentTab& tab);
  /// Saves over whatever is in the file now.
  bool overwrite(DocumentTab& tab);

  [[nodiscard]] static QStringList examples();

 Q_SIGNALS:
  void opened(feedline::gui::DocumentTab& tab);  ///< it shows another document; its notes are new
  void saved(feedline::gui::DocumentTab& tab);
  void recent_changed();
  void message(const QString& text);

 private:
  void show_error(const QString& title, const Error& error);
  bool save(DocumentTab& tab);
  /// The file has changed since it was read: overwrite, reload, or save elsewhere?
  bool save_changed(DocumentTab& tab);
  bool write(DocumentTab& tab, const QString& file, Protected write_protected = Protected::Refuse);
  bool write_over_protected(DocumentTab& tab, const QString& file);
  void remember(const QString& file);

  Workspace& workspace_;
  QWidget* window_;
};

}  // namespace feedline::gui::inline workspace
