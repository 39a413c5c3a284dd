// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/curve_verdicts.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace feedline::gui::inline diagnosis {

CurveVerdicts::CurveVerdicts(QWidget* parent) : QWidget(parent), column_(new QVBoxLayout(this)) {
  setObjectName(QStringLiteral("curve_verdicts"));
  setAccessibleName(tr("What the curves say"));
  column_->setContentsMargins(0, Theme::kUnit / 2, 0, 0);
  hide();
}

void CurveVerdicts::clear() {
  told_.clear();
  if (rows_ != nullptr) {
    rows_->hide();
    rows_->deleteLater();  // its button may be the sender of what led here
    rows_ = nullptr;
  }
  hide();
}

void CurveVerdicts::show_findings(const std::vector<CurveFinding>& findings, const Document& document) {
  clear();
  if (findings.empty()) return;
  rows_ = new QWidget(this);
  auto* rows = new QVBoxLayout(rows_);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(Theme::kUnit / 2);
  column_->addWidget(rows_);
  for (const CurveFinding& finding : findings) add(finding, fix_of(finding, document));
  rows->addStretch();  // room that is too large lies below the lines, not between them
  show();
}

void CurveVerdicts::add(const CurveFinding& finding, const std::optional<Fix>& fix) {
  auto* rows = static_cast<QVBoxLayout*>(rows_->layout());
  rows->addWidget(new Caption(Caption::Tone::Section, to_qstring(finding.headline), rows_));
  QStringList sentences;
  for (const std::string& sentence : finding.evidence) sentences << to_qstring(sentence);
  sentences << to_qstring(finding.remedy);
  auto* words = new Caption(Caption::Tone::Normal, sentences.join(QLatin1Char(' ')), rows_);
  words->setTextInteractionFlags(Qt::TextSelectableByMouse);
  told_ << to_qstring(finding.headline) << sentences;
  rows->addWidget(words);
  if (!fix) return;
  auto* line = new QHBoxLayout;
  auto* apply = new QPushButton(tr("Apply"), rows_);
  apply->setObjectName(QStringLiteral("apply_curve_fix"));
  apply->setToolTip(tr("Changes the graph; undo takes it back"));
  line->addWidget(apply, 0, Qt::AlignTop);
  line->addWidget(new Caption(Caption::Tone::Normal, to_qstring(fix->title), rows_), 1);
  rows->addLayout(line);
  connect(apply, &QPushButton::clicked, this, [this, fix = *fix] { Q_EMIT apply_wanted(fix); });
}

QString CurveVerdicts::text() const { return told_.join(QLatin1Char(' ')); }

QPushButton* CurveVerdicts::apply_button() const {
  return rows_ == nullptr ? nullptr : rows_->findChild<QPushButton*>(QStringLiteral("apply_curve_fix"));
}

}  // namespace feedline::gui::inline diagnosis
