// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/fix.h"
#include "training/run.h"

#include <deque>
#include <optional>
#include <vector>

namespace feedline::gui {

/// Diagnoses a run while it goes on, from the snapshots of its last seconds: as many of them as a verdict needs steps.
/// The first steps are left out, and so is validation. No widgets.
class LiveDiagnosis {
 public:
  /// A run of this graph has started.
  void begin(const Document& document, const Started& fact);
  void reset();
  /// True: there is a new diagnosis. At most once a second.
  bool add(const Snapshot& now);

  [[nodiscard]] const std::optional<Diagnosis>& diagnosis() const { return diagnosis_; }
  [[nodiscard]] const RunFacts& facts() const { return facts_; }
  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] std::vector<Fix> fixes() const;

 private:
  Document document_{};
  RunFacts facts_{};
  bool begun_ = false;
  Nanos judged_at_ = 0;
  std::deque<Snapshot> recent_{};
  std::optional<Diagnosis> diagnosis_{};
};

}  // namespace feedline::gui
