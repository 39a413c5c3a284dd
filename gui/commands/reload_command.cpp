// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/commands/reload_command.h"

#include "gui/commands/document_controller.h"

#include <utility>

namespace feedline::gui::inline commands {

ReloadCommand::ReloadCommand(DocumentController& controller, Document document, const QString& name)
    : QUndoCommand(name), controller_(controller), other_(std::move(document)) {}

void ReloadCommand::undo() {
  std::swap(controller_.document_, other_);
  controller_.analyse_again();
  Q_EMIT controller_.changed();
}

void ReloadCommand::redo() { undo(); }

}  // namespace feedline::gui::inline commands
