// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>

namespace feedline::gui {

class Panels;
class RunCurtain;
class RunDesk;
class Workspace;

/// Sees to it that whoever reads a number knows of which graph and run: the panels of runs wear both in a line, and
/// where the tab that is looked at has another graph, they are covered.
class RunSubjects : public QObject {
  Q_OBJECT

 public:
  /// `panels`: those that show a run.
  RunSubjects(Workspace& workspace, RunDesk& desk, Panels& all, const QList<QWidget*>& panels, QObject* parent);
  /// The curtain of a panel; null where there is none.
  [[nodiscard]] RunCurtain* curtain(const QWidget* panel) const;

 Q_SIGNALS:
  /// The graph and run that all is about, and whether the tab that is looked at has another graph.
  void told(const QString& subject, bool elsewhere);

 private:
  void update();

  Workspace& workspace_;
  RunDesk& desk_;
  Panels& all_;
  QList<QWidget*> panels_;
  QList<RunCurtain*> curtains_{};
};

}  // namespace feedline::gui
