// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/find.h"

#include <QFrame>

#include <vector>

class QLabel;
class QLineEdit;

namespace feedline::gui::inline canvas {
class GraphView;
}  // namespace feedline::gui::inline canvas
namespace feedline::gui::inline commands {
class DocumentController;
}  // namespace feedline::gui::inline commands

namespace feedline::gui::inline workspace {

/// Find in graph: a line in the canvas's corner. What is typed is looked for at once; Enter and F3 go to the next
/// place, with Shift to the one before, into sub-graphs and round the end. The place is selected and brought into view,
/// and the line says what fits there. Escape leaves it at that.
class FindBar : public QFrame {
  Q_OBJECT

 public:
  FindBar(DocumentController& controller, GraphView& view, QWidget* parent);

  void open();
  void next() { step(1); }
  void previous() { step(-1); }
  /// "2 of 7", "nothing found".
  [[nodiscard]] QString shown_count() const;
  /// What fits at the place that is shown.
  [[nodiscard]] QString shown_why() const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void look();
  void step(int by);
  void go();
  void tell();
  void leave();
  void place();
  void style();

  DocumentController& controller_;
  GraphView& view_;
  QLineEdit* line_;
  QLabel* count_;
  QLabel* why_;
  std::vector<Found> found_{};
  int at_ = -1;
  bool stale_ = true;  ///< the graph or the query is not what was searched
};

}  // namespace feedline::gui::inline workspace
