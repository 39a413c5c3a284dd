// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/learnt_view.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/inspector/component_grid.h"
#include "gui/inspector/learnt_chart.h"
#include "gui/models/text.h"
#include "state/learnt_text.h"

#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline inspector {

namespace {

/// Enough to recognise a vocabulary by; more stands in `feedline-cli fitted`.
constexpr std::size_t kShownValues = 64;
constexpr int kMostRowsInSight = 8;

}  // namespace

LearntView::LearntView(QWidget* parent)
    : QWidget(parent),
      chart_(new LearntChart(this)),
      components_(new ComponentGrid(this)),
      table_(new QTableWidget(0, 3, this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, Theme::kUnit / 2, 0, 0);
  layout->setSpacing(Theme::kUnit / 2);
  layout->addWidget(new Caption(Caption::Tone::Section, tr("Learnt from the training records"), this));
  layout->addWidget(chart_);
  layout->addWidget(components_);
  layout->addWidget(table_);
  table_->setObjectName(QStringLiteral("learnt"));
  table_->setAccessibleName(tr("What the node has learnt"));
  table_->setHorizontalHeaderLabels({tr("Name"), tr("Shape"), tr("Values")});
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setTabKeyNavigation(false);
  table_->setWordWrap(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
  table_->horizontalHeader()->setStretchLastSection(true);
  hide();
}

void LearntView::show_state(const std::shared_ptr<const NamedTensors>& state) {
  if (state == shown_) return;
  shown_ = state;
  setVisible(state != nullptr);
  if (state == nullptr) return table_->setRowCount(0);
  chart_->show_state(*state);
  components_->show_state(*state);
  const std::vector<LearntLine> lines = learnt_lines(*state, kShownValues);
  table_->setRowCount(static_cast<int>(lines.size()));
  for (int row = 0; row < table_->rowCount(); ++row) {
    const LearntLine& line = lines[static_cast<std::size_t>(row)];
    int column = 0;
    for (const std::string& text : {line.name, line.shape, values_text(line)}) {
      auto* cell = new QTableWidgetItem(to_qstring(text));
      cell->setToolTip(QStringLiteral("<qt>%1</qt>").arg(to_qstring(text).toHtmlEscaped()));
      table_->setItem(row, column++, cell);
    }
  }
  table_->resizeColumnToContents(0);
  table_->resizeColumnToContents(1);
  const int rows = std::clamp(table_->rowCount(), 1, kMostRowsInSight);
  table_->setFixedHeight(table_->horizontalHeader()->sizeHint().height() + 2 * table_->frameWidth() +
                         rows * table_->verticalHeader()->defaultSectionSize());
}

}  // namespace feedline::gui::inline inspector
