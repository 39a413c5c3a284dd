// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/baselines_window.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/runs/baselines_plot.h"
#include "recording/baseline_text.h"
#include "recording/study_text.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QTreeWidget>

namespace feedline::gui::inline runs {
namespace {

constexpr double kUsualBaselineMinutes = 2;
constexpr int kModelRole = Qt::UserRole;  ///< place among the models, in the first column

}  // namespace

BaselinesWindow::BaselinesWindow(QWidget* parent)
    : TrialsWindow(parent), progress_(new Caption(Caption::Tone::Muted, {}, this)), plot_(new BaselinesPlot(this)) {
  setObjectName(QStringLiteral("baselines_window"));
  progress_->setObjectName(QStringLiteral("baselines_progress"));
  table_->setAccessibleName(tr("Models, the cheapest first"));
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  connect(table_, &QTreeWidget::itemSelectionChanged, this, &BaselinesWindow::choose);
  make_form();
  BaselinesWindow::forget();
  resize(900, 720);
}

void BaselinesWindow::make_form() {
  folds_ = new QSpinBox(this);
  folds_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  folds_->setRange(2, static_cast<int>(kMostFolds));
  folds_->setValue(5);
  folds_->setToolTip(tr("Parts of the training records, of which each validates once: numbers have a 95 % interval"));
  make_budget(kUsualBaselineMinutes);
  make_button(QStringLiteral("start_baselines"));
  keep_while_busy({folds_, budget_});
  use_ = new QPushButton(tr("&Use this model"), this);
  use_->setObjectName(QStringLiteral("use_baseline"));
  use_->setToolTip(tr("Puts the chosen model in the place of what the graph has; undo takes it back"));
  connect(use_, &QPushButton::clicked, this, &BaselinesWindow::use);
  auto* form = new QFormLayout;
  form->addRow(tr("&Folds"), folds_);
  form->addRow(tr("&Time for all runs"), budget_);
  auto* line = new QHBoxLayout;
  line->addWidget(button_);
  line->addWidget(progress_, 1);
  form->addRow(line);
  lay_out(form, plot_, use_);
}

void BaselinesWindow::show_graph(const QString& name) { name_graph(tr("Baselines of %1").arg(name), name); }

void BaselinesWindow::forget() {
  shown_ = {};
  plot_->show_baselines({});
  table_->clear();
  found_->hide();
  use_->hide();
  say(tr("Is the network worth its time? Simpler models learn from the same prepared features, the cheapest first: the "
         "most frequent class, linear models, trees, neighbours, boosted trees, a support vector machine, a small net, "
         "and last what is drawn. The plot shows what each costs and brings."),
      false);
}

BaselinesRequest BaselinesWindow::request() const {
  return {.folds = static_cast<std::size_t>(folds_->value()), .budget_s = budget_s()};
}

void BaselinesWindow::set_limits(int folds, double minutes) {
  folds_->setValue(folds);
  budget_->setValue(minutes);
}

void BaselinesWindow::start() {
  say({}, false);
  Q_EMIT start_wanted(request());
}

void BaselinesWindow::busy_changed() {
  progress_->clear();
  choose();
}

void BaselinesWindow::show_progress(const QString& what, double seconds_left) {
  if (!busy()) return;
  progress_->setText(seconds_left > 0 ? tr("%1, about %2 to go").arg(what, clock_text(seconds_left)) : what);
}

void BaselinesWindow::show_baselines(const Baselines& baselines) {
  const BaselineModel* before = chosen();
  const QString kept = before != nullptr ? to_qstring(before->title) : QString();
  shown_ = baselines;
  plot_->show_baselines(baselines);
  found_->show();
  use_->show();
  const std::vector<BaselineOutcome> outcomes = outcomes_of(baselines);
  QStringList lines;
  for (const std::string& sentence : baseline_words(baselines, outcomes)) lines << to_qstring(sentence);
  lines << to_qstring(baseline_plan_text(baselines));
  say(lines.join(QLatin1Char('\n')), false);
  const QString metric =
      baselines.metric.name.empty() ? tr("Value") : capitalised(to_qstring(metric_title(baselines.metric)));
  const QStringList head = {tr("Model"), tr("State"), metric, tr("Fitting"), tr("Predicting"), tr("Preparing")};
  begin_table(head);
  for (const BaselineOutcome& outcome : outcomes) {
    const BaselineModel& model = baselines.models[outcome.model];
    const QStringList cells = {to_qstring(model.title),
                               to_qstring(baseline_state_text(baselines, outcome)),
                               to_qstring(study_value_text(outcome.value, baselines.metric)),
                               to_qstring(study_time_text(outcome.fit_s)),
                               to_qstring(study_time_text(outcome.predict_s)),
                               to_qstring(study_time_text(outcome.prepare_s))};
    auto* item = new QTreeWidgetItem(table_, cells);
    item->setData(0, kModelRole, static_cast<int>(outcome.model));
    for (int column = 2; column < cells.size(); ++column)
      item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    if (outcome.why) item->setToolTip(1, to_qstring(outcome.why->line()));
    if (outcome.state == BaselineState::Cut)
      item->setToolTip(1, tr("It took longer than its part of the time: give more to see it"));
    if (cells.front() == kept) item->setSelected(true);
    if (!outcome.front) continue;
    item->setFont(0, Theme::instance().bold_font());
    item->setToolTip(0, tr("On the Pareto front: none is as fast and as good"));
  }
  end_table();
  choose();
}

const BaselineModel* BaselinesWindow::chosen() const {
  const QList<QTreeWidgetItem*> items = table_->selectedItems();
  if (items.isEmpty()) return nullptr;
  const auto place = static_cast<std::size_t>(items.front()->data(0, kModelRole).toInt());
  return place < shown_.models.size() ? &shown_.models[place] : nullptr;
}

void BaselinesWindow::choose() {
  const BaselineModel* model = chosen();
  plot_->mark(model != nullptr ? to_qstring(model->title) : QString());
  use_->setEnabled(!busy() && model != nullptr && !model->part.nodes.empty());
}

void BaselinesWindow::use() {
  if (const BaselineModel* model = chosen()) Q_EMIT use_wanted(to_qstring(model->title), model->part);
}

void BaselinesWindow::show_used(const QString& text) { say(text, false); }

void BaselinesWindow::show_error(const Error& error) { say_error(error, tr("Stopped before any model had learnt.")); }

}  // namespace feedline::gui::inline runs
