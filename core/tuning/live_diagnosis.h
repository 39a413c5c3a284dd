// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/fix.h"
#include "diagnosis/training_time.h"
#include "training/run.h"

#include <deque>
#include <optional>
#include <vector>

namespace feedline::inline tuning {

/// Diagnoses a run while it goes on, from its last seconds of training (as many as a verdict needs steps), and all of
/// it at its end. A verdict stays until there is another: neither validation nor a short disturbance takes it away.
class LiveDiagnosis {
 public:
  /// What the verdict rests on.
  enum class Basis {
    None,      ///< there is none yet
    Recent,    ///< the last seconds of training
    Earlier,   ///< seconds before them: what came since could not be judged
    WholeRun,  ///< all of the run, which has ended
  };

  /// A run of this graph has started.
  void begin(const Document& document, const Started& fact);
  void reset();
  /// True: there is something new to tell. At most once a second.
  bool add(const Snapshot& now);
  /// The run has ended: its verdict is now that of all of it, unless it was too short for one.
  void finish(const RunResult& result);

  /// The last one with a verdict; never of kind NotYet.
  [[nodiscard]] const std::optional<Diagnosis>& diagnosis() const { return diagnosis_; }
  [[nodiscard]] Basis basis() const { return basis_; }
  /// Other programs have the cores just now, which says nothing about the run itself; empty: they do not.
  [[nodiscard]] const std::string& disturbance() const { return disturbance_; }
  /// Is the warm-up over, which no verdict counts?
  [[nodiscard]] bool warm() const { return time_.warm(); }
  /// Steps that the first verdict still needs, the warm-up not counted.
  [[nodiscard]] std::uint64_t steps_missing() const;

  [[nodiscard]] const RunFacts& facts() const { return facts_; }
  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] std::vector<Fix> fixes() const;

 private:
  bool judge(Nanos at);

  Document document_{};
  RunFacts facts_{};
  bool begun_ = false;
  Nanos judged_at_ = 0;
  Nanos contended_since_ = 0;
  TrainingTime time_{};
  std::deque<Snapshot> recent_{};  ///< of training time
  std::optional<Diagnosis> diagnosis_{};
  Basis basis_ = Basis::None;
  std::string disturbance_{};
};

}  // namespace feedline::inline tuning
