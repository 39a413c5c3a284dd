// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/runs/compare_window.h"
#include "gui/session/run_archive.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <memory>

class QWidget;

namespace feedline::gui::inline runs {
class RunsPanel;
}  // namespace feedline::gui::inline runs

namespace feedline::gui::inline workspace {
class Workspace;
}  // namespace feedline::gui::inline workspace

namespace feedline::gui::inline app {

class LiveRunController;

/// Wires the history of runs to the record, to the tabs in which their graphs are opened again, and to the files that
/// their reports are written into.
class RunHistoryController : public QObject {
  Q_OBJECT

 public:
  /// Makes the panel, a child of `window` until somebody places it.
  RunHistoryController(Workspace& workspace, LiveRunController& runs, QWidget* window);

  [[nodiscard]] RunArchive& archive() { return archive_; }
  [[nodiscard]] CompareWindow* comparison() const { return comparison_; }
  void open_graph(qint64 run);
  /// Opens the graph of a run and goes on from its newest checkpoint. One that has had all its epochs is asked for more
  /// first.
  void resume(qint64 run);
  void compare(std::vector<qint64> runs);
  /// Asks for a file: an HTML page or, by its ending, PDF.
  void report(qint64 run);
  void write_report(qint64 run, const QString& file);
  void export_model(qint64 run);

  RunsPanel* panel;

 Q_SIGNALS:
  void message(const QString& text);  ///< for the status bar

 private:
  void connect_panel();
  void look_for_checkpoint(qint64 run);
  struct Resumed;
  void ask_for_epochs(const std::shared_ptr<Resumed>& resumed);
  void go_on(const Resumed& resumed);
  void connect_archive();

  Workspace& workspace_;
  LiveRunController& live_run_;
  QWidget* window_;
  RunArchive archive_{};
  QPointer<CompareWindow> comparison_{};
};

}  // namespace feedline::gui::inline app
