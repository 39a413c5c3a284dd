// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/workspace/document_tab.h"

#include <QList>
#include <QPointer>
#include <QTabWidget>
#include <QUndoGroup>

namespace feedline::gui::inline workspace {

/// The open graphs, a tab each. There is always one, if only an empty one, and one is always the current: undo, redo
/// and the panels are about it.
class Workspace : public QTabWidget {
  Q_OBJECT

 public:
  explicit Workspace(QWidget* parent = nullptr);
  ~Workspace() override;

  [[nodiscard]] DocumentTab& current() const;
  [[nodiscard]] QList<DocumentTab*> documents() const;
  /// The tab that shows this file; null if none does.
  [[nodiscard]] DocumentTab* showing(const QString& file) const;
  /// Undo and redo of the current tab.
  [[nodiscard]] QUndoGroup& undo_group() { return undo_group_; }

  /// An empty graph in a tab of its own, which becomes the current one.
  DocumentTab& add();
  /// Where something that is opened goes: the current tab if nothing is in it yet, else a new one.
  DocumentTab& free_tab();
  void show(DocumentTab& tab) { setCurrentWidget(&tab); }
  /// Takes the tab away, without a question. An empty one follows the last.
  void remove(DocumentTab& tab);
  void next() { step(1); }
  void previous() { step(-1); }
  /// The tab whose graph is being trained is marked; null: none.
  void mark_running(DocumentTab* tab);

 Q_SIGNALS:
  void added(feedline::gui::DocumentTab& tab);
  void removed(feedline::gui::DocumentTab& tab);  ///< about to go
  void current_tab_changed(feedline::gui::DocumentTab& tab);
  void close_requested(feedline::gui::DocumentTab& tab);
  /// The current tab is called otherwise, or has been changed or saved.
  void current_titled();

 private:
  void step(int by);
  void update_tab(DocumentTab& tab);
  [[nodiscard]] QWidget* make_close_button(DocumentTab& tab);
  void update_tabs();
  [[nodiscard]] QString free_name() const;

  QUndoGroup undo_group_{};
  QPointer<DocumentTab> running_{};
  bool closing_ = false;
};

}  // namespace feedline::gui::inline workspace
