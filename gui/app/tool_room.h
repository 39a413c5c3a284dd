// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QToolBar;

namespace feedline::gui::inline app {

class RunBar;

/// Keeps all tools in the toolbar: where they have no room beside the run in full, the run is told in brief. (Qt would
/// move what does not fit out of sight.)
class ToolRoom : public QObject {
  Q_OBJECT

 public:
  /// `run`: a widget of the toolbar.
  ToolRoom(QToolBar* tools, RunBar& run);

  void share_out();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QToolBar* tools_;
  RunBar& run_;
};

}  // namespace feedline::gui::inline app
