// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/search_popup.h"

#include "gui/base/second_click.h"
#include "gui/base/theme.h"
#include "gui/canvas/type_delegate.h"
#include "gui/models/palette_model.h"

#include <QKeyEvent>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {}  // namespace

SearchPopup::SearchPopup(QWidget* parent) : QFrame(parent) {
  setFixedSize(42 * Theme::kUnit, 40 * Theme::kUnit);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(Theme::kUnit, Theme::kUnit, Theme::kUnit, Theme::kUnit);
  layout->setSpacing(Theme::kUnit / 2);
  line_.setPlaceholderText(tr("Type to find a node"));
  line_.setAccessibleName(tr("Find a node to add"));
  line_.setClearButtonEnabled(true);
  line_.installEventFilter(this);
  list_.setModel(&model_);
  list_.setItemDelegate(new TypeDelegate(true, &list_));
  list_.setFocusPolicy(Qt::NoFocus);
  list_.setMouseTracking(true);
  list_.setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_.setAccessibleName(tr("Matching nodes"));
  summary_.setWordWrap(true);
  summary_.setAlignment(Qt::AlignTop);
  summary_.setFixedHeight(5 * Theme::kUnit);
  layout->addWidget(&line_);
  layout->addWidget(&list_, 1);
  layout->addWidget(&summary_);
  connect(&line_, &QLineEdit::textChanged, this, [this](const QString& text) {
    model_.set_pattern(text);
    move_current(0);
  });
  connect(&list_, &QListView::clicked, this, [this](const QModelIndex& index) {
    SecondClick::swallow();
    pick(index);
  });
  connect(list_.selectionModel(), &QItemSelectionModel::currentChanged, this, &SearchPopup::show_summary);
  hide();
}

void SearchPopup::open(QPoint pos, const std::function<bool(const NodeSpec&)>& accepts) {
  const QSignalBlocker quiet(line_);
  line_.clear();
  model_.set_pattern({});
  model_.set_files({});
  model_.set_filter(accepts);
  summary_.setFont(Theme::instance().small_font());
  move(std::clamp(pos.x(), 4, std::max(4, parentWidget()->width() - width() - 4)),
       std::clamp(pos.y(), 4, std::max(4, parentWidget()->height() - height() - 4)));
  raise();
  show();
  move_current(0);
  line_.setFocus(Qt::PopupFocusReason);
}

void SearchPopup::offer_files(const QStringList& files) {
  if (!isVisible() || files.isEmpty()) return;
  const QString current = list_.currentIndex().data(PaletteModel::TypeRole).toString();
  model_.set_files(files);
  const QModelIndexList kept = model_.match(model_.index(0), PaletteModel::TypeRole, current, 1, Qt::MatchExactly);
  list_.setCurrentIndex(kept.isEmpty() ? model_.index(0) : kept.front());
  show_summary();
}

void SearchPopup::close_search() {
  if (!isVisible()) return;
  hide();
  parentWidget()->setFocus(Qt::PopupFocusReason);
  Q_EMIT closed();
}

void SearchPopup::pick(const QModelIndex& index) {
  if (!index.isValid()) return;
  const QString type = index.data(PaletteModel::TypeRole).toString();
  hide();
  parentWidget()->setFocus(Qt::PopupFocusReason);
  Q_EMIT picked(type);
  Q_EMIT closed();
}

void SearchPopup::move_current(int rows) {
  const int count = model_.rowCount();
  const int row = rows == 0 ? 0 : std::clamp(list_.currentIndex().row() + rows, 0, std::max(0, count - 1));
  list_.setCurrentIndex(model_.index(row));
  show_summary();
}

void SearchPopup::show_summary() {
  const QModelIndex current = list_.currentIndex();
  summary_.setText(current.isValid() ? current.data(PaletteModel::SummaryRole).toString()
                                     : tr("No node matches. Try another word or fewer characters."));
}

bool SearchPopup::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusOut && static_cast<QFocusEvent*>(event)->reason() != Qt::PopupFocusReason &&
      static_cast<QFocusEvent*>(event)->reason() != Qt::ActiveWindowFocusReason) {
    if (isVisible()) {
      hide();
      Q_EMIT closed();
    }
  }
  if (event->type() == QEvent::KeyPress) {
    switch (static_cast<QKeyEvent*>(event)->key()) {
      case Qt::Key_Down:
      case Qt::Key_Tab:
        move_current(1);
        return true;
      case Qt::Key_Up:
      case Qt::Key_Backtab:
        move_current(-1);
        return true;
      case Qt::Key_PageDown:
        move_current(8);
        return true;
      case Qt::Key_PageUp:
        move_current(-8);
        return true;
      case Qt::Key_Return:
      case Qt::Key_Enter:
        pick(list_.currentIndex());
        return true;
      case Qt::Key_Escape:
        close_search();
        return true;
      default:
        break;
    }
  }
  return QFrame::eventFilter(watched, event);
}

void SearchPopup::paintEvent(QPaintEvent*) {
  const Theme::Colors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(c.node_border, 1));
  painter.setBrush(c.panel);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), Theme::kUnit, Theme::kUnit);
}

}  // namespace feedline::gui::inline canvas
