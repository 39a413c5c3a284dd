// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/arrangement.h"
#include "gui/plots/empty_state.h"
#include "telemetry/snapshot.h"
#include "telemetry/snapshot_history.h"
#include "telemetry/trace_export.h"
#include "training/run.h"

#include <QString>

#include <optional>

class QWidget;

namespace feedline::gui::inline session {
class RunController;
}  // namespace feedline::gui::inline session

namespace feedline::gui::inline plots {

class PlotCursor;

/// What stands for the trainer where nodes are named by their paths.
inline const QString kTrainerRow = QStringLiteral("trainer");

/// What a panel shows of the run that is on or was last. The controller of live runs calls this on the window's thread;
/// a panel overrides what it wants to know.
class RunView {
 public:
  RunView() = default;
  virtual ~RunView() = default;
  RunView(const RunView&) = delete;
  RunView& operator=(const RunView&) = delete;

  /// A run of this graph is about to begin: what is shown of the last one goes.
  virtual void begin_run(const Document& graph, bool staged) = 0;
  /// It has been started: what it writes down of itself can be read.
  virtual void follow_run(RunController&) {}
  /// Sources are open: the files of its records can be found.
  virtual void show_started(const Locate&) {}
  /// 20 times a second; `earlier` is about a second older. Draw only what can be seen (in_view.h), at the window's
  /// Pace.
  virtual void show_snapshot(const Snapshot& now, const Snapshot& earlier) = 0;
  /// The cursor of all plots points at a moment of the run; none: at nothing.
  virtual void show_moment(const std::optional<Moment>&) {}
  virtual void add_epoch(const EpochResult&) {}
  /// The verdict names this node (the trainer: kTrainerRow); empty: none.
  virtual void show_bottleneck(const QString&) {}
  virtual void end_run(const RunResult&) {}
  /// The cursor of all plots.
  virtual void share_cursor(PlotCursor*) {}
  /// What stands in the panel until there is something to see.
  [[nodiscard]] virtual EmptyState& empty_state() = 0;
};

/// Was anything measured between the two ends of this run? Then what stays in view after it is the mean of all of it:
/// its last second is an idle one.
[[nodiscard]] inline bool has_whole(const RunResult& result) {
  return !result.last.stages.empty() && result.last.at > result.first.at;
}

/// A panel as it was made.
struct RunPanel {
  QWidget* widget = nullptr;
  RunView* view = nullptr;  ///< the same object
};

/// Everything that the window has to know of a kind of panel; it is written in the panel's own file. The list of all,
/// run_panels.h, is the only other place that names it: where it stands in each workspace, menus, tab order, the line
/// that tells of which run it speaks, its empty state and its help are derived.
struct RunPanelSpec {
  const char* name = "";   ///< of its dock, in settings and saved layouts: never changes
  const char* title = "";  ///< translated in the context "RunPanels"
  const char* shows = "";  ///< in one sentence, likewise translated: beside its name in the menu
  const char* help = "";   ///< the page that tells of it, in resources/help
  PanelGroup group = PanelGroup::Flow;
  const char* shortcut = "";  ///< shows and hides it; may be empty
  RunPanel (*make)(QWidget* parent, RunController& runs) = nullptr;

  [[nodiscard]] QString title_text() const;
  [[nodiscard]] QString shows_text() const;
};

/// For panels that want nothing of the run.
template <class Panel>
RunPanel make_run_panel(QWidget* parent, RunController&) {
  auto* panel = new Panel(parent);
  return {panel, panel};
}

}  // namespace feedline::gui::inline plots
