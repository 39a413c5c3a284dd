// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/arrangement.h"

#include <QObject>

#include <optional>

class QMainWindow;
class QWidget;

namespace feedline::gui::inline base {
class Actions;
class Docks;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline looks {
class PresenterMode;
}  // namespace feedline::gui::inline looks

namespace feedline::gui::inline app {

/// The workspaces of the window: Build, Watch, Diagnose, Present, one key or click each. Each has its own layout of
/// panels, which is remembered; a window that is too small for panels side by side has further ones, in which they fold
/// behind each other's tabs.
class WorkModes : public QObject {
  Q_OBJECT

 public:
  /// Below this much room, at the normal size of writing, panels fold.
  static constexpr int kFoldWidth = 1120;
  static constexpr int kFoldHeight = 640;

  WorkModes(Docks& docks, GroupedPanels panels, Actions& actions, PresenterMode& presenter, QMainWindow* window);

  /// The window has its first size: as the user left it, else as it is at first.
  void begin();
  void show(WorkMode mode);
  [[nodiscard]] WorkMode mode() const { return mode_; }
  [[nodiscard]] bool folded() const { return folded_; }
  /// Puts the panels of this workspace back to where they stand at first.
  void reset();
  /// Gives every panel its share of the window's present size.
  void fit();
  /// Keeps the layouts for the next start.
  void save();
  /// From now on the tour moves the panels: what becomes of them is not kept, neither for the other
  /// workspaces nor for the next start.
  void hold();
  /// The tour has ended: workspace and panels are those of hold() again.
  void release();
  /// A row of buttons, one a workspace; for menu bar and toolbar.
  [[nodiscard]] QWidget* make_bar(QWidget* parent) const;

 Q_SIGNALS:
  void changed(feedline::gui::WorkMode mode);
  /// The keyboard was in a panel, and panels have moved.
  void panel_left();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  [[nodiscard]] bool too_small() const;
  [[nodiscard]] QString key() const;
  [[nodiscard]] Arrangement arrangement() const;
  void enter(WorkMode mode);
  void present(bool on);
  void keep();
  void bring();
  void arrange_first();
  void tell();
  void later_refold();
  void refold();

  Docks& docks_;
  GroupedPanels panels_;  ///< of runs
  Actions& actions_;
  PresenterMode& presenter_;
  QMainWindow* window_;
  WorkMode mode_ = WorkMode::Build;
  WorkMode before_presenting_ = WorkMode::Build;
  std::optional<WorkMode> held_{};  ///< the workspace to come back to
  bool folded_ = false;
  bool begun_ = false;
  bool refold_pending_ = false;
};

}  // namespace feedline::gui::inline app
