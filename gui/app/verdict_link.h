// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/verdict.h"

#include <QToolButton>

#include <optional>

namespace feedline::gui::inline app {

/// What limits the run, in a few words in the status bar; a click leads to the diagnosis. Nothing stands there while
/// there is no verdict.
class VerdictLink : public QToolButton {
  Q_OBJECT

 public:
  explicit VerdictLink(QWidget* parent = nullptr);

  void show_diagnosis(const std::optional<Diagnosis>& diagnosis);
  /// The graph and the run that it is about: "naive, run 12". Where another graph is looked at, nothing is told.
  void set_subject(const QString& subject, bool elsewhere);

 private:
  void tell();

  QString headline_{};
  QString subject_{};
  bool elsewhere_ = false;
};

}  // namespace feedline::gui::inline app
