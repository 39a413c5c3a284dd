// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace feedline::gui::inline canvas {

/// One thing that keys, mouse or touchpad do on the canvas.
struct CanvasKey {
  QString keys{};
  QString what{};
};

/// All of them that are in no menu: what the shortcut sheet shows.
[[nodiscard]] QList<CanvasKey> canvas_keys();

}  // namespace feedline::gui::inline canvas
