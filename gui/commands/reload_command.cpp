// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/commands/reload_command.h"

#include "graph/node_file.h"
#include "gui/commands/document_controller.h"

#include <utility>

namespace feedline::gui::inline commands {

ReloadCommand::ReloadCommand(DocumentController& controller, Document document, const QString& name)
    : QUndoCommand(name), controller_(controller), other_(std::move(document)), folder_(controller.folder()) {}

void ReloadCommand::undo() {
  std::swap(controller_.document_, other_);
  const std::filesystem::path now = controller_.folder();
  if (const auto from = std::exchange(folder_, now); from != now)
    static_cast<void>(controller_.document_.apply(moved_origins(controller_.document_, from, now)));
  controller_.analyse_again();
  Q_EMIT controller_.changed();
}

void ReloadCommand::redo() { undo(); }

}  // namespace feedline::gui::inline commands
