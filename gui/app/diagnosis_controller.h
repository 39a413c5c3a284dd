// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/app/live_run_controller.h"
#include "gui/session/experiments.h"

#include <QObject>
#include <QPointer>
#include <QString>

namespace feedline::gui::inline diagnosis {
class DiagnosisPanel;
}  // namespace feedline::gui::inline diagnosis

namespace feedline::gui::inline app {

/// Wires the diagnosis to the run that goes on, to the graph that its fixes change, and to the background where they
/// are proved. A proof has the cores to itself: a run that goes on rests meanwhile.
class DiagnosisController : public QObject {
  Q_OBJECT

 public:
  DiagnosisController(LiveRunController& live_run, QWidget* window);

  DiagnosisPanel* panel;
  [[nodiscard]] Experiments& experiments() { return experiments_; }
  /// Tries growing learning rates on a graph in so many steps; experiments() answer. False: something else is being
  /// measured.
  bool find_rate(const Document& document, std::uint64_t steps);
  /// May what is being measured be given up? Asks, unless nothing is.
  [[nodiscard]] bool may_leave();

 Q_SIGNALS:
  void message(const QString& text);                 ///< for the status bar
  void compare_wanted(qint64 before, qint64 after);  ///< both are in the record

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void connect_run();
  void connect_panel();
  void connect_lab();
  void apply(const Fix& fix);
  void prove(const Fix& fix);
  void tune();
  void measure_gain(const QString& node, double factor);
  void rest_run(bool rest);
  [[nodiscard]] bool still_applied() const;
  void follow_undo();
  void undo();
  void rerun();
  void start_again();

  LiveRunController& live_run_;
  QWidget* window_;
  Experiments experiments_{};
  Document document_{};  ///< of the run that is diagnosed
  /// The fix that was applied last, and where the undo stack stood behind it.
  struct Applied {
    QString id{};
    int index = 0;
    QPointer<DocumentTab> tab{};
  };
  Applied applied_{};
  bool start_again_ = false;  ///< as soon as the run that goes on has ended
  qint64 compare_with_ = 0;   ///< the run that the next one is compared with; 0: none
  bool rests_ = false;        ///< the run was paused for the sake of a proof
};

}  // namespace feedline::gui::inline app
