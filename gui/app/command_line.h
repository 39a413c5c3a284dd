// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"

#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>

namespace feedline::gui::inline app {

class MainWindow;

/// `feedline [FILE] [--example NAME] [--run] [--staged] [--theme light|dark|system] [--size WxH] [--log-facts]
///           [--screenshot PNG --after-seconds S]`
struct CommandLine {
  QString file{};
  QString example{};
  bool run = false;
  bool staged = false;  ///< every queue shown, for this time
  bool log_facts = false;
  std::optional<Theme::Mode> theme{};
  std::optional<QSize> size{};
  QString screenshot{};
  double after_seconds = 1;

  /// Ends the program with a message on bad usage (2), and after --help and --version (0).
  [[nodiscard]] static CommandLine parse(const QStringList& arguments);
  /// Opens what was asked for; for a run or a screenshot of nothing in particular, the quickstart example. False (with
  /// a line on stderr) if it cannot.
  [[nodiscard]] bool apply_to(MainWindow& window) const;
  /// What happens once the event loop turns: the run, the screenshot; else what was left unsaved, and the welcome.
  void schedule(MainWindow& window) const;
};

}  // namespace feedline::gui::inline app
