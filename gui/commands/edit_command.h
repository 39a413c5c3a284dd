// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <QString>
#include <QUndoCommand>

#include <filesystem>

namespace feedline::gui::inline commands {

class DocumentController;

/// One undo step: an edit and the edit that takes it back. It touches the Document alone. Commands of one gesture
/// (a drag, a slider, a word being typed) that follow each other merge.
class EditCommand : public QUndoCommand {
 public:
  /// `name`: of the command that did it; empty: the edit tells itself, with values.
  /// The edit has been carried out already: the first redo(), which QUndoStack::push() calls, does nothing.
  EditCommand(DocumentController& controller, Edit edit, Edit inverse, QString gesture, QString name = {});

  void undo() override;
  void redo() override;
  [[nodiscard]] int id() const override;
  bool mergeWith(const QUndoCommand* other) override;

 private:
  void tell();

  DocumentController& controller_;
  Edit edit_;
  Edit inverse_;
  std::filesystem::path folder_;  ///< in which paths of node files in both begin, where they are relative
  QString gesture_;
  QString name_;
  bool done_ = true;
};

/// Does the edit set parameters, a note or a frame, and each to what the inverse would set it back to?
[[nodiscard]] bool sets_back(const Edit& edit, const Edit& inverse);
/// Do both edits set the same things, so that the second makes the first superfluous?
[[nodiscard]] bool same_target(const Edit& a, const Edit& b);

}  // namespace feedline::gui::inline commands
