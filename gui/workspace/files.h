// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "commands/document_controller.h"
#include "graph/json.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <vector>

class QWidget;

namespace feedline::gui {

/// New, open and save, with the questions that belong to them. Nothing here loses an unsaved change without asking.
class Files : public QObject {
  Q_OBJECT

 public:
  /// `window` is the parent of the dialogs.
  Files(DocumentController& document, QWidget* window);

  /// Saves, discards or keeps: false if the user wants to keep what is open. True at once when nothing is unsaved.
  bool may_leave();

  bool new_document();
  /// An embedded example, as an untitled copy; its name may lack ".feedline". False if there is none such.
  bool open_example(const QString& name);
  bool open();  ///< asks which
  bool open(const QString& file);
  bool save();
  bool save_as();

  /// What stands in the title bar: the file's name, or of an unsaved document what it was made from.
  [[nodiscard]] QString display_name() const;
  /// What the reader said of the open file: unknown keys and the like.
  [[nodiscard]] const std::vector<Problem>& notes() const { return notes_; }
  [[nodiscard]] static QStringList examples();

 Q_SIGNALS:
  void opened();  ///< another document; notes() is new
  void recent_changed();

 private:
  void show_error(const QString& title, const Error& error);
  bool write(const QString& file);
  void take(Loaded loaded, const QString& file, const QString& untitled);

  DocumentController& document_;
  QWidget* window_;
  QString untitled_ = tr("Untitled");
  std::vector<Problem> notes_{};
};

}  // namespace feedline::gui
