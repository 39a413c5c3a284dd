// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QMainWindow;
class QWidget;

namespace feedline::gui::inline app {

/// Where Tab and Shift+Tab lead in the window: through the panels that can be seen, as they stand; the inspector comes
/// directly before the canvas, so that Shift+Tab leads from a node to its parameters. Qt's own order is that in which
/// widgets were made, and it goes through panels that lie behind a tab.
///
/// Moves the keyboard on (or back), and brings what has it then into view. `centre`: what the panels stand around.
/// False: there is nowhere to go.
bool step_focus(QMainWindow& window, QWidget& centre, bool next);

}  // namespace feedline::gui::inline app
