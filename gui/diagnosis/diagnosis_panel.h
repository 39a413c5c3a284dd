// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/empty_state.h"
#include "runs/predictions.h"
#include "tuning/live_diagnosis.h"
#include "tuning/prove.h"
#include "tuning/tune.h"
#include "tuning/virtual_gain.h"

#include <QString>
#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

class QBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace feedline::gui::inline diagnosis {

class CurveVerdicts;
class FixList;
class RateBars;
class ScalingPlot;
class SteadyPart;
class WhatIfForm;

/// What limits the run, in words, while it goes on, and at its end; directly below, what would help; beside that, how
/// fast it could be, what-if, and what more processes would bring, folded away until they are asked for (the latter
/// opens where several train together). Where it is narrow, one above the other.
class DiagnosisPanel : public QWidget {
  Q_OBJECT

 public:
  explicit DiagnosisPanel(QWidget* parent = nullptr);

  void reset();
  void begin(const Document& document, const Started& fact);
  void show_snapshot(const Snapshot& now);
  /// The run has ended: the verdict is that of all of it.
  void finish(const RunResult& result);
  /// How far the run is, for as long as there is no verdict.
  void show_phase(const RunPhase& phase);
  /// The graph and the run that all of this is about: "naive, run 12".
  void set_subject(const QString& subject);
  /// Proofs and tuning.
  void set_busy(bool busy);
  void show_progress(const QString& what, double seconds_left);
  void show_pairs(const Fix& fix, const Proof& so_far);
  void show_proof(const Fix& fix, const Proof& proof);
  /// A fix has been applied: what can be done now. Without an id: none stands in the graph any more.
  void show_applied(const QString& id, const QString& title);
  /// Offers what tuning found as one fix, above the others.
  void show_tuned(const TuneResult& result);
  /// What a faster node brought on the run, beside what the closed form says.
  void show_gain(const VirtualGain& gain);
  void show_record(const std::vector<Prediction>& predictions);

  [[nodiscard]] const LiveDiagnosis& live() const { return live_; }
  /// The verdict as plain text.
  [[nodiscard]] QString verdict_text() const;
  /// "naive, run 12 · last 8 s of training": what it is about, and what it rests on.
  [[nodiscard]] QString subject_text() const;
  /// The node that the verdict names, as the run knows it; empty: none.
  [[nodiscard]] QString bottleneck() const;
  [[nodiscard]] QString progress_text() const;
  /// "Applied: ..."; empty when none is.
  [[nodiscard]] QString applied_text() const;
  [[nodiscard]] const RateBars& bars() const { return *bars_; }
  [[nodiscard]] WhatIfForm& what_if_form() const { return *what_if_; }
  [[nodiscard]] ScalingPlot& scaling() const { return *scaling_; }
  /// For teaching aids: where the verdict stands, and the fixes.
  [[nodiscard]] QWidget* verdict_part() const;
  [[nodiscard]] QWidget* fixes_part() const { return fixes_part_; }
  [[nodiscard]] FixList& fix_list() const { return *fixes_; }
  /// What the curves of the run that has ended say.
  [[nodiscard]] CurveVerdicts& curves() const { return *curves_; }
  [[nodiscard]] QString record_text() const;
  [[nodiscard]] QString gain_text() const;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void apply_wanted(const feedline::Fix& fix);
  void prove_wanted(const feedline::Fix& fix);
  void tune_wanted();
  void gain_wanted(const QString& node, double factor);
  void stop_wanted();
  void verdict_changed();                           ///< bottleneck() may be another
  void judged();                                    ///< live() has another verdict, or none any more
  void node_wanted(const QString& node);            ///< a link in the verdict
  void nodes_pointed_at(const QStringList& nodes);  ///< of the fix under the mouse; empty: none any more
  void undo_wanted();
  void rerun_wanted();  ///< and compare it with the run before

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* make_advice();
  QWidget* make_rates();
  QWidget* make_applied();
  QWidget* make_what_if();
  QToolButton* make_unfold(const QString& text, const QString& tip, const char* name, QWidget* parent);
  QWidget* make_fixes();
  void tell_subject();
  void catch_up();
  void retell();
  void tell_wait();
  [[nodiscard]] int seconds_measured() const;
  [[nodiscard]] QString measured_when() const;
  [[nodiscard]] QString wait_headline() const;
  [[nodiscard]] QString wait_evidence() const;
  void note_bottleneck();
  void solve();
  void show_scaling();
  void ask_for_gain();
  void show_fixes();

  LiveDiagnosis live_{};
  RunPhase phase_{};
  bool untold_ = false;  ///< there is news that nobody could see yet
  std::optional<Fix> tuned_{};
  QString about_{};
  QString headline_plain_{};
  QString evidence_plain_{};
  QString bottleneck_{};
  QBoxLayout* parts_ = nullptr;
  QLabel* subject_ = nullptr;
  QLabel* headline_ = nullptr;
  QLabel* evidence_ = nullptr;
  RateBars* bars_ = nullptr;
  QToolButton* unfold_ = nullptr;
  QWidget* what_if_part_ = nullptr;
  QToolButton* unfold_scaling_ = nullptr;
  ScalingPlot* scaling_ = nullptr;
  bool ranks_seen_ = false;  ///< of this run, and the plot has been unfolded
  WhatIfForm* what_if_ = nullptr;
  SteadyPart* verdict_part_ = nullptr;
  CurveVerdicts* curves_ = nullptr;
  QWidget* fixes_part_ = nullptr;
  QLabel* no_fixes_yet_ = nullptr;
  QWidget* applied_part_ = nullptr;
  QLabel* applied_ = nullptr;
  FixList* fixes_ = nullptr;
  QPushButton* tune_ = nullptr;
  QPushButton* measure_ = nullptr;
  QLabel* gain_ = nullptr;
  QLabel* progress_ = nullptr;
  QLabel* outcome_ = nullptr;  ///< of tuning
  QLabel* record_ = nullptr;
  bool busy_ = false;
};

}  // namespace feedline::gui::inline diagnosis
