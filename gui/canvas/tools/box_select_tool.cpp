// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/box_select_tool.h"

#include <QGraphicsView>

namespace feedline::gui::inline canvas {

/// The view has had the press already, since the tool for moving asked it what becomes selected.
bool BoxSelectTool::press(const Pointer& at) { return at.button == Qt::LeftButton; }

bool BoxSelectTool::pans_at_edge(bool) const { return !parts_.view.rubberBandRect().isNull(); }

}  // namespace feedline::gui::inline canvas
