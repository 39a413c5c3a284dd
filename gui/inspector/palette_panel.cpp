// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/palette_panel.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/canvas/type_delegate.h"

#include <QAction>
#include <QKeyEvent>
#include <QVBoxLayout>

namespace feedline::gui::inline inspector {

PalettePanel::PalettePanel(QWidget* parent)
    : QWidget(parent), line_(new QLineEdit(this)), tree_(new QTreeView(this)), summary_(nullptr) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(Theme::kUnit / 2, Theme::kUnit, Theme::kUnit / 2, Theme::kUnit);
  layout->setSpacing(Theme::kUnit);
  line_->setPlaceholderText(tr("Find a node"));
  line_->setAccessibleName(tr("Find a node"));
  line_->setClearButtonEnabled(true);
  QAction* glass = line_->addAction(Theme::instance().icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  connect(&Theme::instance(), &Theme::changed, glass,
          [glass] { glass->setIcon(Theme::instance().icon(QStringLiteral("search"))); });
  line_->installEventFilter(this);
  layout->addWidget(line_);

  tree_->setModel(&filter_);
  tree_->setItemDelegate(new TypeDelegate(false, tree_));
  tree_->setHeaderHidden(true);
  tree_->setRootIsDecorated(false);
  tree_->setIndentation(0);
  tree_->setItemsExpandable(false);
  tree_->setExpandsOnDoubleClick(false);
  tree_->setMouseTracking(true);
  tree_->setDragEnabled(true);
  tree_->setDragDropMode(QAbstractItemView::DragOnly);
  tree_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  tree_->setAccessibleName(tr("Nodes"));
  tree_->expandAll();
  tree_->installEventFilter(this);
  tree_->viewport()->installEventFilter(this);
  layout->addWidget(tree_, 1);

  summary_ = new Caption(Caption::Tone::Muted, {}, this);
  summary_->setMinimumHeight(5 * Theme::kUnit);
  summary_->setAlignment(Qt::AlignTop);
  summary_->setContentsMargins(Theme::kUnit / 2, 0, Theme::kUnit / 2, 0);  // below the nodes' names
  layout->addWidget(summary_);

  connect(line_, &QLineEdit::textChanged, this, &PalettePanel::search);
  connect(tree_, &QTreeView::doubleClicked, this, &PalettePanel::request);
  connect(tree_->selectionModel(), &QItemSelectionModel::currentChanged, this, &PalettePanel::show_summary);
  const auto paint_ground = [this] {
    QPalette ground = palette();
    ground.setColor(QPalette::Window, Theme::instance().colors().panel);
    setPalette(ground);
  };
  setAutoFillBackground(true);
  connect(&Theme::instance(), &Theme::changed, this, paint_ground);
  paint_ground();
  show_summary();
}

void PalettePanel::focus_search() {
  line_->setFocus(Qt::ShortcutFocusReason);
  line_->selectAll();
}

void PalettePanel::search(const QString& pattern) {
  filter_.set_pattern(pattern);
  tree_->expandAll();
  tree_->setCurrentIndex(pattern.trimmed().isEmpty() ? QModelIndex() : filter_.best());
  show_summary();
}

void PalettePanel::request(const QModelIndex& index) {
  const QString type = index.data(PaletteModel::TypeRole).toString();
  if (!type.isEmpty()) Q_EMIT add_requested(type);
}

void PalettePanel::show_summary() {
  const QModelIndex current = tree_->currentIndex();
  if (filter_.rowCount() == 0) {
    summary_->setText(tr("No node matches. Try another word or fewer characters."));
  } else if (current.isValid() && !current.data(PaletteModel::SummaryRole).toString().isEmpty()) {
    summary_->setText(current.data(PaletteModel::SummaryRole).toString());
  } else {
    summary_->setText(tr("Drag a node to the canvas, or double-click it."));
  }
}

bool PalettePanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == tree_->viewport() && event->type() == QEvent::Resize)
    tree_->doItemsLayout();  // rows have other heights
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Return || key == Qt::Key_Enter) {
      request(tree_->currentIndex());
      return true;
    }
    if (watched == line_ && (key == Qt::Key_Down || key == Qt::Key_Up)) {
      if (!tree_->currentIndex().isValid() && filter_.rowCount() > 0)
        tree_->setCurrentIndex(filter_.index(0, 0, filter_.index(0, 0)));
      tree_->setFocus(Qt::TabFocusReason);
      return true;
    }
    if (watched == line_ && key == Qt::Key_Escape && !line_->text().isEmpty()) {
      line_->clear();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace feedline::gui::inline inspector
