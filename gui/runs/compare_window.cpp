// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/compare_window.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/runs/compare_plots.h"
#include "recording/changes.h"
#include "recording/figure_text.h"
#include "recording/target_text.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline runs {
namespace {

QTreeWidgetItem* add_group(QTreeWidget& table, const QString& title) {
  auto* item = new QTreeWidgetItem(&table, {title});
  item->setFirstColumnSpanned(true);
  item->setFont(0, Theme::instance().bold_font());
  item->setExpanded(true);
  return item;
}

void add_cells(QTreeWidgetItem* parent, const QStringList& cells) {
  auto* item = new QTreeWidgetItem(parent, cells);
  for (int column = 1; column < cells.size(); ++column)
    item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
}

}  // namespace

CompareWindow::CompareWindow(QWidget* parent)
    : QDialog(parent),
      sentence_(new Caption(Caption::Tone::Normal, {}, this)),
      names_(new QLabel(this)),
      plots_(new ComparePlots(this)),
      table_(new QTreeWidget(this)),
      along_(new QComboBox(this)) {
  setWindowTitle(tr("Compare runs"));
  setModal(false);
  names_->setTextFormat(Qt::RichText);
  names_->setWordWrap(true);
  sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  table_->setAccessibleName(tr("Figures and parameters"));
  table_->setSelectionMode(QAbstractItemView::NoSelection);
  table_->setFrameShape(QFrame::NoFrame);
  table_->setUniformRowHeights(true);
  table_->header()->setStretchLastSection(false);
  for (const auto& [title, along] :
       {std::pair{tr("Time"), Along::Time}, std::pair{tr("Steps"), Along::Steps},
        std::pair{tr("Training samples"), Along::Samples}, std::pair{tr("Epochs"), Along::Epochs}})
    along_->addItem(title, static_cast<int>(along));
  along_->setToolTip(tr("All but time depend on no machine: half the time per epoch with twice the epochs is no gain"));
  auto* counted_in = new QLabel(tr("Counted in"), this);
  counted_in->setBuddy(along_);
  auto* heading = new QHBoxLayout;
  heading->addWidget(names_, 1);
  heading->addWidget(counted_in);
  heading->addWidget(along_);
  auto* split = new QSplitter(Qt::Vertical, this);
  split->addWidget(plots_);
  split->addWidget(table_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 4);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kUnit);
  column->addWidget(sentence_);
  column->addLayout(heading);
  column->addWidget(split, 1);
  connect(&Theme::instance(), &Theme::changed, this, &CompareWindow::show_names);
  connect(along_, &QComboBox::currentIndexChanged, this, &CompareWindow::count_along);
  resize(980, 680);
}

QString CompareWindow::sentence() const { return sentence_->text(); }

void CompareWindow::show_runs(const std::vector<RunRecord>& runs) {
  QStringList sentences;
  run_names_.clear();
  runs_ = runs;
  const auto target = judged_target(runs);
  for (const RunRecord& run : runs) {
    if (&run != &runs.front()) {
      std::string words = what_changed(runs.front(), run);
      if (const std::string sooner = target ? target_sentence(runs.front(), run, *target) : ""; !sooner.empty())
        words += ' ' + sooner;
      sentences << to_qstring(words);
    }
    run_names_ << tr("Run %1: %2").arg(run.id).arg(to_qstring(graph_name(run)));
  }
  sentence_->setText(sentences.join(QLatin1Char('\n')));
  show_names();
  plots_->show_runs(runs);
  fill_table();
}

void CompareWindow::show_names() {
  QStringList names;
  for (qsizetype i = 0; i < run_names_.size(); ++i)
    names << QStringLiteral("<span style=\"color:%1\">&#9632;</span>&nbsp;%2")
                 .arg(ComparePlots::color(static_cast<std::size_t>(i)).name(), run_names_[i].toHtmlEscaped());
  names_->setText(names.join(QStringLiteral("&nbsp;&nbsp; ")));
}

void CompareWindow::count_along() {
  plots_->set_along(static_cast<Along>(along_->currentData().toInt()));
  fill_table();
}

/// What it took each run to reach values of the metric that says most.
void CompareWindow::add_targets() {
  const auto reached = reached_table(runs_);
  if (!reached || reached->rows.empty()) return;
  const Along along = plots_->along();
  QTreeWidgetItem* group =
      add_group(*table_, tr("%1 to reach %2").arg(along_->currentText(), to_qstring(metric_title(reached->kind))));
  for (const ReachedRow& row : reached->rows) {
    QStringList cells = {to_qstring(metric_text(row.level, reached->kind.unit))};
    for (const auto& run : row.runs) cells << (run ? to_qstring(reached_text(run, along)) : QStringLiteral("–"));
    add_cells(group, cells);
  }
}

void CompareWindow::fill_table() {
  const std::vector<RunRecord>& runs = runs_;
  table_->clear();
  QStringList head = {QString()};
  for (const RunRecord& run : runs) head << tr("Run %1").arg(run.id);
  table_->setHeaderLabels(head);
  QTreeWidgetItem* figures = add_group(*table_, tr("Figures"));
  for (const ShownFigure& figure : shown_figures(runs)) {
    QStringList cells = {to_qstring(figure.title)};
    for (const std::string& text : figure.texts) cells << to_qstring(text);
    if (figure.known) add_cells(figures, cells);
  }
  const std::vector<ParameterRow> rows = parameter_rows(runs);
  QTreeWidgetItem* parameters =
      add_group(*table_, rows.empty() ? tr("All parameters are the same") : tr("Parameters that differ"));
  for (const ParameterRow& row : rows) {
    QStringList cells = {to_qstring(row.name)};
    for (const std::string& value : row.values) cells << (value.empty() ? QStringLiteral("–") : to_qstring(value));
    add_cells(parameters, cells);
  }
  add_targets();
  for (int column = 0; column < head.size(); ++column) {
    table_->headerItem()->setTextAlignment(column, column == 0 ? Qt::AlignLeft : Qt::AlignRight);
    table_->resizeColumnToContents(column);
    table_->setColumnWidth(column, std::max(table_->columnWidth(column), (column == 0 ? 28 : 12) * Theme::kUnit));
  }
}

}  // namespace feedline::gui::inline runs
