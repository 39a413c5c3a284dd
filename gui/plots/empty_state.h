// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>
#include <QString>

namespace feedline::gui::inline plots {

/// How far the run is that the panels show.
struct RunPhase {
  enum class Kind {
    None,       ///< there has been none
    Preparing,  ///< sources are opened, example data painted, caches filled, the model built
    Running,
    Paused,
    Ended,  ///< finished or stopped
    Failed,
  };
  Kind kind = Kind::None;
  QString preparing{};  ///< what is being done before data flow: "Painting 4,000 pictures"
  double done = 0;      ///< of that, 0..1; 0 also where it is not known

  /// "Painting 4,000 pictures (42 %)"; empty unless it is being prepared.
  [[nodiscard]] QString preparing_text() const;
};

/// What stands in a panel's place while it has nothing to show: what will be seen there, and what is waited for.
class EmptyState : public QLabel {
  Q_OBJECT

 public:
  struct Words {
    QString purpose{};  ///< goes on from "Press Run to see": "loss and metrics"
    QString awaited{};  ///< what has to come first: "the first step"
  };

  explicit EmptyState(Words words, QWidget* parent = nullptr);
  void show_phase(const RunPhase& phase);
  /// However far the run gets, the panel stays empty, and this says why. Empty: no longer. A run that is still being
  /// prepared, or has failed, is told first.
  void set_reason(const QString& reason);

 private:
  void tell();
  [[nodiscard]] QString words_of_phase() const;

  Words words_;
  RunPhase phase_{};
  QString reason_{};
};

}  // namespace feedline::gui::inline plots
