// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QWidget;

namespace feedline::gui::inline app {

/// What Feedline is and what it is built on, with versions.
void show_about(QWidget* parent);

}  // namespace feedline::gui::inline app
