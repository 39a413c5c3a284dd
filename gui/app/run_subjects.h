// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>

namespace feedline::gui::inline workspace {
class Workspace;
}  // namespace feedline::gui::inline workspace

namespace feedline::gui::inline app {

class Panels;
class RunOverlay;
class LiveRunController;

/// Sees to it that whoever reads a number knows of which graph and run: the panels of runs show both in a line, and
/// where the tab that is looked at has another graph, they are covered.
class RunSubjects : public QObject {
  Q_OBJECT

 public:
  RunSubjects(Workspace& workspace, LiveRunController& live_run, Panels& panels, QObject* parent);
  /// The overlay of a panel; null where there is none.
  [[nodiscard]] RunOverlay* overlay(const QWidget* panel) const;

 Q_SIGNALS:
  /// The graph and run that all is about, and whether the tab that is looked at has another graph.
  void told(const QString& subject, bool elsewhere);

 private:
  void update();

  Workspace& workspace_;
  LiveRunController& live_run_;
  Panels& panels_;
  QList<RunOverlay*> overlays_{};  ///< of Panels::of_runs()
};

}  // namespace feedline::gui::inline app
