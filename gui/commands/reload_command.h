// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QString>
#include <QUndoCommand>

#include <filesystem>

namespace feedline::gui::inline commands {

class DocumentController;

/// The whole document for another one, as one step. It keeps the one that is not shown.
class ReloadCommand : public QUndoCommand {
 public:
  ReloadCommand(DocumentController& controller, Document document, const QString& name);

  void undo() override;
  void redo() override;

 private:
  DocumentController& controller_;
  Document other_;
  std::filesystem::path folder_;  ///< in which its paths of node files begin, where they are relative
};

}  // namespace feedline::gui::inline commands
