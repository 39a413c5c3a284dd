// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <Qt>

#include <vector>

namespace feedline::gui::inline base {

/// What the window is used for: each has panels of its own.
enum class WorkMode {
  Build,     ///< palette, inspector, problems
  Watch,     ///< the plots of a run
  Diagnose,  ///< verdict, fixes, proofs, stages
  Present,   ///< for an audience: see PresenterMode
};

/// A word for settings: "build".
[[nodiscard]] QString mode_word(WorkMode mode);

/// Panels that share a place as tabs, the first in front. Those that are hidden wait behind it.
struct DockStack {
  Qt::DockWidgetArea area = Qt::BottomDockWidgetArea;
  QStringList shown{};
  QStringList hidden{};
};

/// Which panels stand where, by the names of their docks. Stacks of one area stand side by side (beside the canvas, one
/// above the other).
struct Arrangement {
  std::vector<DockStack> stacks{};
  double side = 0.2;    ///< of the window's width, for what stands on the right
  double left = 0.15;   ///< for what stands on the left
  double bottom = 0.4;  ///< of the window's height
};

/// What panels of a run are about: those of one group stand together.
enum class PanelGroup {
  Flow,      ///< where the time goes, and what limits the run
  Learning,  ///< what the model learns
  Machine,   ///< what comes out of the run, and what it takes
};

/// The names of the panels of a run.
struct GroupedPanels {
  QStringList flow{};
  QStringList learning{};
  QStringList machine{};
  QStringList listed{};  ///< all, in the order of the list of panels
  [[nodiscard]] QStringList& of(PanelGroup group);
  [[nodiscard]] QStringList by_group() const { return flow + learning + machine; }
};

/// How a window of this kind is arranged at first. In a small one (`folded`) panels lie behind each other's tabs.
/// `presented`: the panels that Settings keep for an audience.
[[nodiscard]] Arrangement arrangement_of(WorkMode mode, bool folded, const QStringList& presented,
                                         const GroupedPanels& panels);

}  // namespace feedline::gui::inline base
