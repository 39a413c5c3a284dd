// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/run_panel.h"
#include "telemetry/snapshot.h"

#include <QElapsedTimer>
#include <QString>
#include <QWidget>

#include <vector>

class QGridLayout;
class QLabel;
class QProgressBar;
class QStackedLayout;

namespace feedline::gui::inline inspector {
class NumberField;
}  // namespace feedline::gui::inline inspector

namespace feedline::gui::inline plots {

/// "Show every queue": one row a node of the data side, in the order in which data flows, with the fill of the queue
/// behind it and its workers, which can be changed while it runs. It stands empty, and says how it is filled, unless a
/// staged run is on.
class QueuesPanel : public QWidget, public RunView {
  Q_OBJECT

 public:
  static constexpr int kMostWorkers = 32;

  explicit QueuesPanel(QWidget* parent = nullptr);

  /// A run begins: with every queue shown, or without.
  void begin(bool staged);
  /// The run is over: what was seen last stays, but can be changed no more.
  void end();
  void show_snapshot(const Snapshot& now);
  void begin_run(const Document&, bool staged) override { begin(staged); }
  void show_snapshot(const Snapshot& now, const Snapshot&) override { show_snapshot(now); }
  void end_run(const RunResult&) override { end(); }

  [[nodiscard]] int rows() const { return static_cast<int>(rows_.size()); }
  [[nodiscard]] NumberField* workers_box(const QString& node) const;
  [[nodiscard]] QProgressBar* queue_bar(const QString& node) const;
  /// What is written beside the bar: "2.3 of 8", or "prefetch 0".
  [[nodiscard]] QLabel* level_text(const QString& node) const;
  [[nodiscard]] bool shows_empty_state() const;
  [[nodiscard]] EmptyState& empty_state() override { return *empty_; }

 Q_SIGNALS:
  /// The user wants so many workers for a node.
  void workers_wanted(const QString& node, int workers);

 private:
  struct Row {
    QString node{};
    QLabel* name = nullptr;
    QProgressBar* queue = nullptr;
    QLabel* fill = nullptr;
    double mean = -1;         ///< fill of the last second, 0..1; negative: none yet
    double waiting = 0;       ///< entries, likewise
    QWidget* cell = nullptr;  ///< of the workers: fewer, how many, more
    NumberField* workers = nullptr;
    int asked = 0;            ///< what the run was told last, or said itself
    QElapsedTimer changed{};  ///< since the user changed the number; the run follows a moment later
  };
  void build(const std::vector<StageSample>& stages);
  [[nodiscard]] Row make_row(const QString& node);
  void want_workers(const QString& node);
  void clear();
  static void show_level(Row& row, const StageSample& stage, double weight, bool last);
  void style();

  QStackedLayout* stack_;
  EmptyState* empty_;
  QWidget* page_;
  QGridLayout* grid_;
  std::vector<QLabel*> heads_{};
  std::vector<Row> rows_{};
  bool staged_ = false;
  Nanos shown_at_ = 0;
};

}  // namespace feedline::gui::inline plots
