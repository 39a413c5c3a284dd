// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/canvas_keys.h"

#include <QCoreApplication>

namespace feedline::gui::inline canvas {

QList<CanvasKey> canvas_keys() {
  const auto words = [](const char* text) { return QCoreApplication::translate("CanvasKeys", text); };
  return {
      {words("Tab, double click"), words("Add a node: search at the cursor")},
      {words("Drag from a port"), words("Connect; on empty canvas: search for what fits")},
      {words("Drop a node on a wire"), words("Insert it into the wire")},
      {words("Double click on a wire"), words("Add a reroute point")},
      {words("Double click on a sub-graph"), words("Enter it")},
      {words("W"), words("Take a wire off the selected node, W again off its next port; arrow keys choose its end, "
                         "Enter connects, Del removes a wire that an input had")},
      {words("Enter"), words("Change the selected node in the inspector; beside a refused wire, take the first offer")},
      {words("Arrow keys"), words("Move the selection; with Shift farther")},
      {words("Ctrl+Arrow keys"), words("Select the next node in that direction")},
      {words("Ctrl+Shift+Arrow keys"), words("Select that one as well")},
      {words("Alt+Drag"), words("Move without snapping")},
      {words("Space+Drag, middle button"), words("Move the view")},
      {words("Wheel, pinch"), words("Zoom at the cursor")},
      {words("Shift+Wheel, two fingers"), words("Move the view")},
      {words("Home"), words("Zoom to fit")},
      {words("Del, Backspace"), words("Delete the selection; wires heal")},
      {words("T, click on live numbers"), words("How long a node takes over its records, and the slowest files")},
      {words("F2"), words("Rename the selected node; edit the title of a frame, or a note")},
      {words("Esc"), words("Cancel a wire; clear the selection")},
      {words("Shift+Tab"), words("Leave the canvas for the panels")},
  };
}

}  // namespace feedline::gui::inline canvas
