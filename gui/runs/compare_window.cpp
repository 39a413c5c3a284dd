// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/compare_window.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/runs/compare_plots.h"
#include "recording/changes.h"
#include "recording/figure_text.h"

#include <QHeaderView>
#include <QLabel>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline runs {

CompareWindow::CompareWindow(QWidget* parent)
    : QDialog(parent),
      sentence_(new Caption(Caption::Tone::Normal, {}, this)),
      names_(new QLabel(this)),
      plots_(new ComparePlots(this)),
      table_(new QTreeWidget(this)) {
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
  auto* split = new QSplitter(Qt::Vertical, this);
  split->addWidget(plots_);
  split->addWidget(table_);
  split->setStretchFactor(0, 3);
  split->setStretchFactor(1, 4);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kUnit);
  column->addWidget(sentence_);
  column->addWidget(names_);
  column->addWidget(split, 1);
  connect(&Theme::instance(), &Theme::changed, this, &CompareWindow::show_names);
  resize(980, 680);
}

QString CompareWindow::sentence() const { return sentence_->text(); }

void CompareWindow::show_runs(const std::vector<RunRecord>& runs) {
  QStringList sentences;
  run_names_.clear();
  for (const RunRecord& run : runs) {
    if (&run != &runs.front()) sentences << to_qstring(what_changed(runs.front(), run));
    run_names_ << tr("Run %1: %2").arg(run.id).arg(to_qstring(graph_name(run)));
  }
  sentence_->setText(sentences.join(QLatin1Char('\n')));
  show_names();
  plots_->show_runs(runs);
  fill_table(runs);
}

void CompareWindow::show_names() {
  QStringList names;
  for (qsizetype i = 0; i < run_names_.size(); ++i)
    names << QStringLiteral("<span style=\"color:%1\">&#9632;</span>&nbsp;%2")
                 .arg(ComparePlots::color(static_cast<std::size_t>(i)).name(), run_names_[i].toHtmlEscaped());
  names_->setText(names.join(QStringLiteral("&nbsp;&nbsp; ")));
}

void CompareWindow::fill_table(const std::vector<RunRecord>& runs) {
  table_->clear();
  QStringList head = {QString()};
  for (const RunRecord& run : runs) head << tr("Run %1").arg(run.id);
  table_->setHeaderLabels(head);
  const auto add = [](QTreeWidgetItem* parent, const QStringList& cells) {
    auto* item = new QTreeWidgetItem(parent, cells);
    for (int column = 1; column < cells.size(); ++column)
      item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
  };
  const auto group = [this](const QString& title) {
    auto* item = new QTreeWidgetItem(table_, {title});
    item->setFirstColumnSpanned(true);
    item->setFont(0, Theme::instance().bold_font());
    item->setExpanded(true);
    return item;
  };
  QTreeWidgetItem* figures = group(tr("Figures"));
  for (const ShownFigure& figure : shown_figures(runs)) {
    QStringList cells = {to_qstring(figure.title)};
    for (const std::string& text : figure.texts) cells << to_qstring(text);
    if (figure.known) add(figures, cells);
  }
  const std::vector<ParameterRow> rows = parameter_rows(runs);
  QTreeWidgetItem* parameters = group(rows.empty() ? tr("All parameters are the same") : tr("Parameters that differ"));
  for (const ParameterRow& row : rows) {
    QStringList cells = {to_qstring(row.name)};
    for (const std::string& value : row.values) cells << (value.empty() ? QStringLiteral("–") : to_qstring(value));
    add(parameters, cells);
  }
  for (int column = 0; column < head.size(); ++column) {
    table_->headerItem()->setTextAlignment(column, column == 0 ? Qt::AlignLeft : Qt::AlignRight);
    table_->resizeColumnToContents(column);
    table_->setColumnWidth(column, std::max(table_->columnWidth(column), (column == 0 ? 28 : 12) * Theme::kUnit));
  }
}

}  // namespace feedline::gui::inline runs
