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
#include <QVBoxLayout>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace feedline::gui::inline runs {
namespace {

constexpr int kMostSeeds = 100;
constexpr double kMostMinutes = 7 * 24 * 60;
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

StudyWindow::StudyWindow(QWidget* parent)
    : QDialog(parent, Qt::Window),
      words_(new Caption(Caption::Tone::Normal, {}, this)),
      plot_(new StudyPlot(this)),
      table_(new QTreeWidget(this)),
      found_(new QSplitter(Qt::Vertical, this)) {
  setObjectName(QStringLiteral("study_window"));
  setModal(false);
  words_->setWordWrap(true);
  words_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  table_->setAccessibleName(tr("Settings, the best first"));
  table_->setRootIsDecorated(false);
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setFrameShape(QFrame::NoFrame);
  make_form();
  found_->addWidget(plot_);
  found_->addWidget(table_);
  found_->setStretchFactor(0, 3);
  found_->setStretchFactor(1, 2);
  auto* column = qobject_cast<QVBoxLayout*>(layout());
  column->addWidget(words_);
  column->addWidget(found_, 1);
  column->addStretch();
  forget();
  resize(860, 720);
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
  budget_ = new QDoubleSpinBox(this);
  budget_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  budget_->setRange(0, kMostMinutes);
  budget_->setDecimals(1);
  budget_->setValue(kFirstMinutes);
  budget_->setSuffix(tr(" min"));
  budget_->setSpecialValueText(tr("as long as it takes"));
  target_ = new QLineEdit(this);
  target_->setPlaceholderText(tr("val_accuracy=0.9; empty: none"));
  button_ = new QPushButton(tr("&Start"), this);
  button_->setObjectName(QStringLiteral("start_study"));
  button_->setDefault(true);
  form->addRow(tr("S&eeds"), seeds_);
  form->addRow(tr("&Time for all runs"), budget_);
  form->addRow(tr("Tar&get"), target_);
  form->addRow(button_);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kUnit);
  column->addLayout(form);
  connect(button_, &QPushButton::clicked, this, &StudyWindow::start_or_stop);
}

void StudyWindow::show_graph(const QString& name, const Document& document) {
  setWindowTitle(tr("Study of %1").arg(name));
  if (name != graph_name_) forget();
  graph_name_ = name;
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
  if (budget_->value() > 0) request.budget_s = budget_->value() * 60;
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

QString StudyWindow::words() const { return words_->text(); }

void StudyWindow::start_or_stop() {
  if (busy_) {
    Q_EMIT stop_wanted();
    return;
  }
  const auto wanted = request();
  if (!wanted) {
    show_error(wanted.error());
    return;
  }
  say({}, false);
  Q_EMIT start_wanted(*wanted);
}

void StudyWindow::set_busy(bool busy) {
  busy_ = busy;
  button_->setText(busy ? tr("&Stop") : tr("&Start"));
  for (QWidget* field : std::initializer_list<QWidget*>{rows_[0].param, rows_[0].values, rows_[1].param,
                                                        rows_[1].values, seeds_, budget_, target_})
    field->setEnabled(!busy);
}

void StudyWindow::show_progress(const QString& what, double seconds_left) {
  if (!busy_) return;
  say(seconds_left > 0 ? tr("%1, %2 to go").arg(what, clock_text(seconds_left)) : what, false);
}

void StudyWindow::show_study(const Study& study) {
  plot_->show_study(study);
  found_->show();
  say(to_qstring(study_plan_text(study)), false);
  table_->clear();
  QStringList head = {tr("setting"), tr("state"), tr("epochs"), tr("n"), to_qstring(metric_title(study.metric)),
                      tr("time")};
  if (study.target) head << tr("time to %1").arg(to_qstring(metric_text(study.target->value, study.metric.unit)));
  head << tr("runs");
  table_->setColumnCount(static_cast<int>(head.size()));
  table_->setHeaderLabels(head);
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
  for (int column = 0; column < head.size(); ++column) table_->resizeColumnToContents(column);
}

void StudyWindow::show_error(const Error& error) {
  if (error.code == ErrorCode::Cancelled) {
    say(tr("Stopped before an epoch was over."), false);
    return;
  }
  say(to_qstring(error.line()), true);
}

void StudyWindow::say(const QString& text, bool error) {
  words_->set_tone(error ? Caption::Tone::Error : Caption::Tone::Normal);
  words_->setText(text);
}

}  // namespace feedline::gui::inline runs
