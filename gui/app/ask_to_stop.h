// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace feedline::gui::inline app {

/// What is asked before something that goes on is stopped.
struct StopQuestion {
  QString title{};
  QString text{};  ///< the question
  QString loss{};  ///< what is lost by it
  QString stop{};  ///< the button that stops it
  QString keep{};  ///< the button that lets it go on
};

/// True if it may be stopped. The default is to let it go on: what a hasty Enter does must cost nothing.
[[nodiscard]] bool ask_to_stop(const StopQuestion& question, QWidget* window);

}  // namespace feedline::gui::inline app
