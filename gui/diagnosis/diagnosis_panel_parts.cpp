// SPDX-License-Identifier: GPL-3.0-or-later

// What the diagnosis panel is made of; what it says is in diagnosis_panel.cpp.

#include "diagnosis/fix_nodes.h"
#include "gui/base/theme.h"
#include "gui/diagnosis/curve_verdicts.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/diagnosis/fix_list.h"
#include "gui/diagnosis/node_links.h"
#include "gui/diagnosis/rate_bars.h"
#include "gui/diagnosis/scaling_plot.h"
#include "gui/diagnosis/steady_part.h"
#include "gui/diagnosis/whatif_form.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

namespace feedline::gui::inline diagnosis {
namespace {

/// A font that follows the size of writing: presenter mode enlarges it.
void keep_font(QLabel* label, QFont (Theme::*font)() const) {
  const auto style = [label, font] { label->setFont((Theme::instance().*font)()); };
  style();
  QObject::connect(&Theme::instance(), &Theme::changed, label, style);
}

QLabel* caption(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  keep_font(label, &Theme::bold_font);
  return label;
}

QLabel* paragraph(QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  return label;
}

}  // namespace

/// The verdict, and directly below it what would help.
QWidget* DiagnosisPanel::make_advice() {
  auto* part = new QWidget(this);
  auto* column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  verdict_part_ = new SteadyPart(part);
  auto* verdict = new QVBoxLayout(verdict_part_);
  verdict->setContentsMargins(0, 0, 0, 0);
  subject_ = paragraph(verdict_part_);
  keep_font(subject_, &Theme::small_font);
  headline_ = paragraph(verdict_part_);
  keep_font(headline_, &Theme::bold_font);
  evidence_ = paragraph(verdict_part_);
  for (QLabel* label : {headline_, evidence_}) {
    label->setTextFormat(Qt::RichText);
    label->setTextInteractionFlags(Qt::TextBrowserInteraction);
    connect(label, &QLabel::linkActivated, this, [this](const QString& link) {
      if (const QString node = linked_node(link); !node.isEmpty()) Q_EMIT node_wanted(node);
    });
  }
  for (QWidget* widget : {subject_, headline_, evidence_}) verdict->addWidget(widget);
  column->addWidget(verdict_part_);
  curves_ = new CurveVerdicts(part);
  connect(curves_, &CurveVerdicts::apply_wanted, this, &DiagnosisPanel::apply_wanted);
  column->addWidget(curves_);
  column->addSpacing(Theme::kUnit / 2);
  column->addWidget(fixes_part_ = make_fixes());
  column->addStretch();
  return part;
}

QWidget* DiagnosisPanel::make_applied() {
  applied_part_ = new QWidget(this);
  applied_part_->setObjectName(QStringLiteral("applied"));
  auto* line = new QHBoxLayout(applied_part_);
  line->setContentsMargins(Theme::kUnit * 3 / 2, Theme::kUnit / 2, Theme::kUnit * 3 / 2, Theme::kUnit / 2);
  applied_ = paragraph(applied_part_);
  line->addWidget(applied_, 1);
  const auto button = [&](const QString& text, const char* name, const QString& tip, void (DiagnosisPanel::*wanted)()) {
    auto* made = new QPushButton(text, applied_part_);
    made->setObjectName(QLatin1String(name));
    made->setToolTip(tip);
    line->addWidget(made, 0, Qt::AlignTop);
    connect(made, &QPushButton::clicked, this, wanted);
  };
  button(tr("Undo"), "undo_fix", tr("The graph as it was before"), &DiagnosisPanel::undo_wanted);
  button(tr("Run again and compare"), "rerun",
         tr("Runs the graph as it is now, and then shows both runs side by side. A run that is on is stopped for it, "
            "after a question"),
         &DiagnosisPanel::rerun_wanted);
  applied_part_->hide();
  return applied_part_;
}

QToolButton* DiagnosisPanel::make_unfold(const QString& text, const QString& tip, const char* name, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setObjectName(QLatin1String(name));
  button->setText(text);
  button->setToolTip(tip);
  button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  button->setArrowType(Qt::RightArrow);
  button->setAutoRaise(true);
  button->setCheckable(true);
  connect(button, &QToolButton::toggled, button,
          [button](bool on) { button->setArrowType(on ? Qt::DownArrow : Qt::RightArrow); });
  return button;
}

/// How fast it is and could be.
QWidget* DiagnosisPanel::make_rates() {
  auto* part = new QWidget(this);
  auto* column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  bars_ = new RateBars(part);
  unfold_ = make_unfold(tr("What if…"),
                        tr("How fast it would be with more cores, memory or disk, another batch size, a "
                           "faster node"),
                        "unfold_what_if", part);
  what_if_part_ = make_what_if();
  what_if_part_->hide();
  connect(unfold_, &QToolButton::toggled, this, [this](bool on) {
    if (!on) what_if_->clear();  // what nobody sees asks nothing
    what_if_part_->setVisible(on);
  });
  unfold_scaling_ =
      make_unfold(tr("More processes…"),
                  tr("How fast it would be with 1 to 1,024 processes that train together, and how many of "
                     "them pay"),
                  "unfold_scaling", part);
  scaling_ = new ScalingPlot(part);
  scaling_->hide();
  connect(unfold_scaling_, &QToolButton::toggled, this, [this](bool on) {
    scaling_->setVisible(on);
    show_scaling();
  });
  record_ = paragraph(part);
  keep_font(record_, &Theme::small_font);
  column->addWidget(bars_);
  column->addWidget(unfold_, 0, Qt::AlignLeft);
  column->addWidget(what_if_part_);
  column->addWidget(unfold_scaling_, 0, Qt::AlignLeft);
  column->addWidget(scaling_);
  column->addWidget(record_);
  column->addStretch();
  return part;
}

QWidget* DiagnosisPanel::make_what_if() {
  auto* part = new QWidget(this);
  auto* column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  auto* title = new QHBoxLayout;
  title->addStretch();
  measure_ = new QPushButton(tr("Measure"), part);
  measure_->setObjectName(QStringLiteral("measure_gain"));
  measure_->setToolTip(
      tr("Measures what one faster node (or a faster step) brings: the graph runs, and everything else is delayed in "
         "proportion. It sees contention, caches and queues, which the formula behind the sliders does not."));
  title->addWidget(measure_);
  auto* clear = new QPushButton(tr("As it is"), part);
  clear->setToolTip(tr("Puts all sliders back"));
  title->addWidget(clear);
  what_if_ = new WhatIfForm(part);
  column->addLayout(title);
  gain_ = paragraph(part);
  column->addWidget(what_if_);
  column->addWidget(gain_);
  column->addStretch();
  connect(measure_, &QPushButton::clicked, this, &DiagnosisPanel::ask_for_gain);
  connect(clear, &QPushButton::clicked, what_if_, &WhatIfForm::clear);
  connect(what_if_, &WhatIfForm::changed, this, &DiagnosisPanel::solve);
  return part;
}

QWidget* DiagnosisPanel::make_fixes() {
  auto* part = new QWidget(this);
  auto* column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  auto* title = new QHBoxLayout;
  title->addWidget(caption(tr("Fixes"), part));
  title->addStretch();
  tune_ = new QPushButton(tr("Tune"), part);
  tune_->setToolTip(tr("Tries what is predicted to help, in the background, and offers the fastest settings found"));
  title->addWidget(tune_);
  fixes_ = new FixList(part);
  progress_ = paragraph(part);
  outcome_ = paragraph(part);
  for (QLabel* label : {progress_, outcome_}) label->hide();
  column->addLayout(title);
  no_fixes_yet_ = paragraph(part);
  no_fixes_yet_->setText(tr("Fixes appear together with the verdict."));
  column->addWidget(no_fixes_yet_);
  column->addWidget(fixes_);
  for (QLabel* label : {progress_, outcome_}) column->addWidget(label);  // below: no row moves when they come
  connect(fixes_, &FixList::pointed_at, this, [this](const Fix& fix, bool at) {
    QStringList nodes;
    if (at)
      for (const std::string& node : nodes_of_edit(live_.document(), fix.edit)) nodes << QString::fromStdString(node);
    Q_EMIT nodes_pointed_at(nodes);
  });
  connect(fixes_, &FixList::apply_wanted, this, &DiagnosisPanel::apply_wanted);
  connect(fixes_, &FixList::prove_wanted, this, &DiagnosisPanel::prove_wanted);
  connect(tune_, &QPushButton::clicked, this, [this] {
    if (busy_) {
      Q_EMIT stop_wanted();
    } else {
      Q_EMIT tune_wanted();
    }
  });
  return part;
}

}  // namespace feedline::gui::inline diagnosis
