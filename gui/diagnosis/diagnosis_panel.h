// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/live_diagnosis.h"
#include "runs/predictions.h"
#include "tuning/prove.h"
#include "tuning/tune.h"
#include "tuning/virtual_gain.h"

#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

class QBoxLayout;
class QLabel;
class QPushButton;

namespace feedline::gui {

class FixList;
class RateBars;
class WhatIfForm;

/// What limits the run, in words, while it goes on; how fast it could be; what would help. In three parts side by side,
/// or one above the other where it is narrow.
class DiagnosisPanel : public QWidget {
  Q_OBJECT

 public:
  explicit DiagnosisPanel(QWidget* parent = nullptr);

  void reset();
  void begin(const Document& document, const Started& fact);
  void show_snapshot(const Snapshot& now);
  /// Proofs and tuning.
  void set_busy(bool busy);
  void show_progress(const QString& what, double seconds_left);
  void show_proof(const Fix& fix, const Proof& proof);
  /// Offers what tuning found as one fix, above the others.
  void show_tuned(const TuneResult& result);
  /// What a faster node brought on the run, beside what the closed form says.
  void show_gain(const VirtualGain& gain);
  void show_record(const std::vector<Prediction>& predictions);

  [[nodiscard]] const LiveDiagnosis& live() const { return live_; }
  [[nodiscard]] QString verdict_text() const;
  [[nodiscard]] const RateBars& bars() const { return *bars_; }
  [[nodiscard]] WhatIfForm& what_if_form() const { return *what_if_; }
  [[nodiscard]] FixList& fix_list() const { return *fixes_; }
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

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* make_verdict();
  QWidget* make_what_if();
  QWidget* make_fixes();
  void catch_up();
  void retell();
  void solve();
  void ask_for_gain();
  void show_fixes();

  LiveDiagnosis live_{};
  bool untold_ = false;  ///< there is news that nobody could see yet
  std::optional<Fix> tuned_{};
  QBoxLayout* parts_ = nullptr;
  QLabel* headline_ = nullptr;
  QLabel* evidence_ = nullptr;
  RateBars* bars_ = nullptr;
  WhatIfForm* what_if_ = nullptr;
  FixList* fixes_ = nullptr;
  QPushButton* tune_ = nullptr;
  QPushButton* measure_ = nullptr;
  QLabel* gain_ = nullptr;
  QLabel* progress_ = nullptr;
  QLabel* record_ = nullptr;
  bool busy_ = false;
};

}  // namespace feedline::gui
