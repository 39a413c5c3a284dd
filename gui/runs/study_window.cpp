// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/study_window.h"

#include "graph/subgraph.h"
#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/runs/study_plot.h"
#include "recording/study_text.h"
#include "schema/registry.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QTreeWidget>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline runs {
namespace {

constexpr int kMostSeeds = 100;
constexpr double kFirstMinutes = 10;

/// What one may vary: everything but where data lie.
QStringList varied_params(const Document& document) {
  QStringList names;
  each_node(document, [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr) return;
    for (const ParamSpec& param : spec->params)
      if (param.kind != ParamKind::File && param.kind != ParamKind::Folder && param.kind != ParamKind::Seed)
        names << to_qstring(path + '.' + param.name);
  });
  return names;
}

}  // namespace

StudyWindow::StudyWindow(QWidget* parent) : TrialsWindow(parent), plot_(new StudyPlot(this)) {
  setObjectName(QStringLiteral("study_window"));
  table_->setAccessibleName(tr("Settings, the best first"));
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  make_form();
  StudyWindow::forget();
  resize(860, 700);
}

void StudyWindow::make_form() {
  auto* form = new QFormLayout;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    row.param = new QComboBox(this);
    row.param->setEditable(true);
    row.param->setInsertPolicy(QComboBox::NoInsert);
    row.param->setMinimumContentsLength(24);
    row.param->setAccessibleName(tr("Parameter %1").arg(i + 1));
    row.values = new QLineEdit(this);
    row.values->setAccessibleName(tr("Values of parameter %1").arg(i + 1));
    row.values->setPlaceholderText(tr("values, with commas between: 0.001, 0.01"));
    auto* line = new QHBoxLayout;
    line->addWidget(row.param);
    line->addWidget(row.values, 1);
    form->addRow(i == 0 ? tr("&Vary") : tr("&and"), line);
    qobject_cast<QLabel*>(form->labelForField(line))->setBuddy(row.param);
  }
  seeds_ = new QSpinBox(this);
  seeds_->setButtonSymbols(QAbstractSpinBox::NoButtons);  // as all number fields here; the arrow keys step
  seeds_->setRange(1, kMostSeeds);
  seeds_->setValue(3);
  seeds_->setToolTip(tr("With several seeds, numbers have a 95 % interval"));
  make_budget(kFirstMinutes);
  target_ = new QLineEdit(this);
  target_->setPlaceholderText(tr("val_accuracy=0.9; empty: none"));
  make_button(QStringLiteral("start_study"));
  form->addRow(tr("S&eeds"), seeds_);
  form->addRow(tr("&Time for all runs"), budget_);
  form->addRow(tr("Tar&get"), target_);
  auto* line = new QHBoxLayout;
  line->addWidget(button_);
  line->addStretch();
  form->addRow(line);
  keep_while_busy({rows_[0].param, rows_[0].values, rows_[1].param, rows_[1].values, seeds_, budget_, target_});
  lay_out(form, plot_);
}

void StudyWindow::show_graph(const QString& name, const Document& document) {
  name_graph(tr("Study of %1").arg(name), name);
  const QStringList params = varied_params(document);
  for (const Row& row : rows_) {
    const QString chosen = row.param->currentText();
    row.param->clear();
    row.param->addItem(QString());
    row.param->addItems(params);
    row.param->setCurrentIndex(std::max(row.param->findText(chosen), 0));
  }
}

void StudyWindow::forget() {
  plot_->show_study({});
  table_->clear();
  found_->hide();
  say(tr("A study trains the graph with each of these values, several times with other random numbers, stops what is "
         "hopeless early, and shows which setting is as good as another in less time. Choose a parameter and its "
         "values."),
      false);
}

Result<StudyRequest> StudyWindow::request() const {
  StudyRequest request{.seeds = static_cast<std::size_t>(seeds_->value())};
  for (const Row& row : rows_) {
    const QString param = row.param->currentText().trimmed();
    QString values = row.values->text();
    values.remove(QLatin1Char(' '));
    if (param.isEmpty() && values.isEmpty()) continue;
    auto variation = parse_variation((param + QLatin1Char('=') + values).toStdString());
    if (!variation)
      return fail(
          Error{.reason = "'" + param.toStdString() + "' needs values",
                .remedy = tr("Choose a parameter, and write different values with commas between them").toStdString()});
    request.variations.push_back(std::move(*variation));
  }
  if (request.variations.empty() && request.seeds < 2)
    return fail("there is nothing to compare",
                tr("Choose a parameter and its values, or more than one seed").toStdString());
  request.budget_s = budget_s();
  if (const QString text = target_->text().trimmed(); !text.isEmpty()) {
    auto target = parse_target(text.toStdString());
    if (!target) return fail(std::move(target.error()));
    request.target = std::move(*target);
  }
  return request;
}

void StudyWindow::set_variation(std::size_t row, const QString& param, const QString& values) {
  rows_.at(row).param->setCurrentText(param);
  rows_.at(row).values->setText(values);
}

void StudyWindow::set_limits(int seeds, double minutes, const QString& target) {
  seeds_->setValue(seeds);
  budget_->setValue(minutes);
  target_->setText(target);
}

void StudyWindow::start() {
  const auto wanted = request();
  if (!wanted) {
    show_error(wanted.error());
    return;
  }
  say({}, false);
  Q_EMIT start_wanted(*wanted);
}

void StudyWindow::show_progress(const QString& what, double seconds_left) {
  if (!busy()) return;
  say(seconds_left > 0 ? tr("%1, %2 to go").arg(what, clock_text(seconds_left)) : what, false);
}

void StudyWindow::show_study(const Study& study) {
  plot_->show_study(study);
  found_->show();
  say(to_qstring(study_plan_text(study)), false);
  QStringList head = {
      tr("Setting"), tr("State"), tr("Epochs"), tr("n"), capitalised(to_qstring(metric_title(study.metric))),
      tr("Time")};
  if (study.target) head << tr("Time to %1").arg(to_qstring(metric_text(study.target->value, study.metric.unit)));
  head << tr("Runs");
  begin_table(head);
  for (const SettingOutcome& outcome : outcomes_of(study)) {
    QStringList cells = {to_qstring(study.settings[outcome.setting].name),
                         to_qstring(study_state_text(outcome)),
                         QString::number(outcome.epochs),
                         QString::number(outcome.value.n),
                         to_qstring(study_value_text(outcome.value, study.metric)),
                         to_qstring(study_time_text(outcome.seconds))};
    if (study.target) cells << to_qstring(study_target_text(study, outcome));
    QStringList runs;
    for (const std::int64_t run : outcome.runs) runs << QString::number(run);
    cells << runs.join(QStringLiteral(", "));
    auto* item = new QTreeWidgetItem(table_, cells);
    for (int column = 2; column < cells.size() - 1; ++column)
      item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    if (!outcome.front) continue;
    item->setFont(0, Theme::instance().bold_font());
    item->setToolTip(0, tr("On the Pareto front: none is as fast and as good"));
  }
  end_table();
}

void StudyWindow::show_error(const Error& error) { say_error(error, tr("Stopped before an epoch was over.")); }

}  // namespace feedline::gui::inline runs
