// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QUndoGroup;
class QUndoView;

namespace feedline::gui::inline app {

/// Every step that can be undone or redone, by name, oldest first; a click goes there. The saved state is marked.
class HistoryPanel : public QWidget {
  Q_OBJECT

 public:
  /// Follows the group's active stack.
  explicit HistoryPanel(QUndoGroup& group, QWidget* parent = nullptr);
  [[nodiscard]] QUndoView& list() { return *list_; }

 private:
  QUndoView* list_;
};

}  // namespace feedline::gui::inline app
