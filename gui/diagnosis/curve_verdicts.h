// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/curve_fix.h"
#include "diagnosis/curves.h"
#include "graph/document.h"

#include <QString>
#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

class QPushButton;
class QVBoxLayout;

namespace feedline::gui::inline diagnosis {

/// What the curves of a run that has ended say of how it learnt: finding by finding what was seen, what to change, and
/// a button where that is one edit. Hidden where nothing was found.
class CurveVerdicts : public QWidget {
  Q_OBJECT

 public:
  explicit CurveVerdicts(QWidget* parent = nullptr);

  /// `document`: the graph that ran.
  void show_findings(const std::vector<CurveFinding>& findings, const Document& document);
  void clear();
  [[nodiscard]] QString text() const;
  /// The button of the first finding that has one; null: none has.
  [[nodiscard]] QPushButton* apply_button() const;

 Q_SIGNALS:
  void apply_wanted(const feedline::Fix& fix);

 private:
  void add(const CurveFinding& finding, const std::optional<Fix>& fix);

  QVBoxLayout* column_;
  QWidget* rows_ = nullptr;
  QStringList told_{};
};

}  // namespace feedline::gui::inline diagnosis
