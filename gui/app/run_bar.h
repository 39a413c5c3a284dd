// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "gui/session/run_controller.h"

#include <QString>
#include <QStringList>
#include <QWidget>

class QLabel;
class QProgressBar;

namespace feedline::gui::inline app {

class LiveLabel;

/// The run at a glance, in the toolbar: a chip with the state in words, progress through epochs and steps, samples a
/// second, time to go.
class RunBar : public QWidget {
  Q_OBJECT

 public:
  explicit RunBar(QWidget* parent = nullptr);

  void set_state(RunController::State state);
  /// The next run gives every node its own queue; said while it runs.
  void show_staged(bool staged) { staged_ = staged; }
  /// The next run will do so: said while none is on, so that nobody meets it by surprise.
  void show_next_staged(bool staged);
  /// For a narrow window: the state and the progress alone, without rate and time to go.
  void set_brief(bool brief);
  /// The width that it takes when it is not brief, with the longest usual texts.
  [[nodiscard]] int width_in_full() const { return full_; }
  /// The run that begins now goes on behind this step: 0 for one that begins anew.
  void show_resumed(std::uint64_t step) { first_step_ = step; }
  void show_preparing(const QString& what, double fraction);
  void show_snapshot(const Snapshot& now, const Snapshot& earlier);
  void show_end(const RunResult& result);
  /// The graph that is looked at is another than the one that ran last: how that run ended is not told meanwhile. A run
  /// that goes on is, with the name of its graph.
  void set_elsewhere(bool elsewhere, const QString& graph);

  /// Texts take what room there is, in shorter forms where there is little.
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QString state_text() const;
  /// As a whole.
  [[nodiscard]] QString progress_text() const;
  /// As much of it as has room.
  [[nodiscard]] QString progress_shown() const;
  [[nodiscard]] QString eta_text() const;

 private:
  enum class Tone { Quiet, Active, Waiting, Good, Bad };
  void tell_idle();
  void tell_left(double seconds);
  void set_chip(const QString& text, Tone tone);
  void style();
  void show_elsewhere();
  void show_numbers(const Snapshot& now, const Snapshot& earlier);

  QLabel* chip_;
  LiveLabel* progress_text_;
  QProgressBar* progress_;
  LiveLabel* rate_;
  LiveLabel* eta_;
  Tone tone_ = Tone::Quiet;
  bool staged_ = false;
  bool brief_ = false;
  int full_ = 0;
  bool elsewhere_ = false;
  QString graph_{};  ///< that of the run
  /// What show_end() has written; empty before that.
  struct End {
    QString chip{};
    Tone tone = Tone::Quiet;
    QStringList forms{};
  };
  void show_end();
  End end_{};
  RunController::State state_ = RunController::State::Idle;
  QString preparing_{};           ///< what is being done before data flow
  Nanos preparing_since_ = 0;     ///< since that began
  std::uint64_t first_step_ = 0;  ///< that this part of the run did not take
  Nanos last_at_ = 0;             ///< of the last snapshot
  Nanos active_ = 0;              ///< running time without pauses
  Nanos last_text_ = 0;           ///< when the writing was last renewed
};

/// "Finished", "Stopped", "Failed".
[[nodiscard]] QString end_word(RunResult::End end);
/// How a run ended, in one sentence.
[[nodiscard]] QString end_text(const RunResult& result);

}  // namespace feedline::gui::inline app
