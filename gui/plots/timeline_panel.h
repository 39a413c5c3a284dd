// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/empty_state.h"
#include "gui/plots/exported_view.h"
#include "gui/plots/run_panel.h"
#include "gui/plots/timeline_store.h"
#include "gui/plots/timeline_view.h"
#include "telemetry/snapshot.h"
#include "telemetry/trace_export.h"

#include <QElapsedTimer>
#include <QWidget>

class QAction;
class QLabel;
class QScrollArea;
class QStackedLayout;

namespace feedline::gui::inline plots {

class PanelMenu;

/// The timeline of the run that is on, or was last: what each worker, each queue and the trainer did, slice by slice.
/// While it cannot be seen it reads nothing.
class TimelinePanel : public QWidget, public RunView {
  Q_OBJECT

 public:
  explicit TimelinePanel(QWidget* parent = nullptr);

  /// A run begins.
  void begin(std::shared_ptr<const Trace> trace);
  /// Files of records can be told from now on.
  void set_locate(Locate locate) { locate_ = std::move(locate); }
  void show_snapshot(const Snapshot& now);
  void begin_run(const Document&, bool) override {}  // the last one stays until its own timeline can be read
  void follow_run(RunController& runs) override;
  void show_started(const Locate& locate) override { set_locate(locate); }
  void show_snapshot(const Snapshot& now, const Snapshot&) override { show_snapshot(now); }
  void share_cursor(PlotCursor* cursor) override { view_->share_cursor(cursor); }

  [[nodiscard]] bool shows_empty_state() const;
  [[nodiscard]] EmptyState& empty_state() override { return *empty_; }
  [[nodiscard]] TimelineView& view() { return *view_; }
  [[nodiscard]] const TimelineStore& store() const { return store_; }
  /// What is written about the chosen slice.
  [[nodiscard]] QString detail() const;
  [[nodiscard]] ExportedView exported() const;

 Q_SIGNALS:
  /// The user wants the timeline as a trace file.
  void export_wanted(const QString& path, std::shared_ptr<const feedline::Trace> trace, const feedline::Locate& locate);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void build();
  void fill_menu();
  void catch_up();
  void pull();
  void show_detail();
  void ask_for_export();
  [[nodiscard]] QString csv() const;

  TimelineStore store_{};
  Locate locate_{};
  QElapsedTimer pulled_{};
  Nanos started_ = 0;    ///< when data began to flow; 0 while nodes still learn
  bool behind_ = false;  ///< more has happened than is shown
  PanelMenu* menu_;
  TimelineView* view_;
  QScrollArea* area_;
  QLabel* detail_;
  EmptyState* empty_;
  QStackedLayout* stack_;
  QAction* freeze_ = nullptr;
};

}  // namespace feedline::gui::inline plots
