// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/find_bar.h"

#include "gui/base/theme.h"
#include "gui/canvas/graph_view.h"
#include "gui/commands/document_controller.h"
#include "gui/models/text.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

#include <algorithm>

namespace feedline::gui::inline workspace {

FindBar::FindBar(DocumentController& controller, GraphView& view, QWidget* parent)
    : QFrame(parent),
      controller_(controller),
      view_(view),
      line_(new QLineEdit(this)),
      count_(new QLabel(this)),
      why_(new QLabel(this)) {
  setObjectName(QStringLiteral("find_bar"));
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(Theme::kUnit, Theme::kUnit, Theme::kUnit / 2, Theme::kUnit);
  grid->setHorizontalSpacing(Theme::kUnit / 2);
  grid->setVerticalSpacing(Theme::kUnit / 2);
  line_->setPlaceholderText(tr("Name, type, value, filters=16…"));
  line_->setAccessibleName(tr("Find in graph"));
  line_->installEventFilter(this);
  grid->addWidget(line_, 0, 0);
  grid->addWidget(count_, 0, 1);
  const auto button = [&](const QString& sign, const QString& tip, int column, auto act) {
    auto* made = new QToolButton(this);
    made->setText(sign);
    made->setAutoRaise(true);
    made->setToolTip(tip);
    made->setAccessibleName(tip);
    made->setFocusPolicy(Qt::NoFocus);
    grid->addWidget(made, 0, column);
    connect(made, &QToolButton::clicked, this, act);
  };
  button(QStringLiteral("‹"), tr("The place before (Shift+Enter)"), 2, [this] { previous(); });
  button(QStringLiteral("›"), tr("The next place (Enter)"), 3, [this] { next(); });
  button(QStringLiteral("×"), tr("Close (Esc)"), 4, [this] { leave(); });
  grid->addWidget(why_, 1, 0, 1, 5);
  grid->setColumnStretch(0, 1);
  count_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  connect(line_, &QLineEdit::textChanged, this, [this] {
    stale_ = true;
    at_ = -1;
    step(1);
  });
  connect(&controller_, &DocumentController::changed, this, [this] { stale_ = true; });
  connect(&controller_, &DocumentController::replaced, this, [this] {
    at_ = -1;
    found_.clear();
    tell();
  });
  connect(&Theme::instance(), &Theme::changed, this, &FindBar::style);
  view_.installEventFilter(this);
  style();
  hide();
}

QString FindBar::shown_count() const { return count_->text(); }
QString FindBar::shown_why() const { return why_->toolTip(); }

void FindBar::open() {
  show();
  raise();
  place();
  line_->setFocus(Qt::ShortcutFocusReason);
  line_->selectAll();
  look();
  tell();
}

void FindBar::leave() {
  hide();
  view_.setFocus(Qt::OtherFocusReason);
}

/// Searches anew if there is reason to, and stays where it was if that is still found.
void FindBar::look() {
  if (!std::exchange(stale_, false)) return;
  const std::string here =
      at_ >= 0 && at_ < static_cast<int>(found_.size()) ? found_[static_cast<std::size_t>(at_)].path : std::string();
  found_ = find_in(controller_.document(), line_->text().toStdString());
  const auto same = std::find_if(found_.begin(), found_.end(), [&](const Found& one) { return one.path == here; });
  if (!here.empty() && same != found_.end()) at_ = static_cast<int>(same - found_.begin());
  at_ = std::min(at_, static_cast<int>(found_.size()) - 1);
}

void FindBar::step(int by) {
  if (!isVisible()) open();
  look();
  const int count = static_cast<int>(found_.size());
  if (count == 0) {
    at_ = -1;
    return tell();
  }
  at_ = at_ < 0 ? (by > 0 ? 0 : count - 1) : (at_ + by + count) % count;
  go();
}

void FindBar::go() {
  view_.select_node(to_qstring(found_[static_cast<std::size_t>(at_)].path));
  tell();
}

void FindBar::tell() {
  const bool asked = !line_->text().trimmed().isEmpty();
  const bool found = at_ >= 0 && at_ < static_cast<int>(found_.size());
  count_->setText(!asked           ? QString()
                  : found_.empty() ? tr("nothing found")
                  : found          ? tr("%1 of %2").arg(at_ + 1).arg(found_.size())
                                   : tr("%1 found").arg(found_.size()));
  QString why;
  if (found) {
    const Found& one = found_[static_cast<std::size_t>(at_)];
    why = to_qstring(one.path);
    if (!one.why.empty()) why += QStringLiteral(": ") + to_qstring(one.why);
  }
  why_->setToolTip(why);
  why_->setText(why_->fontMetrics().elidedText(why, Qt::ElideRight, width() - 2 * Theme::kUnit));
  why_->setVisible(found);
  setAccessibleDescription(count_->text() + QLatin1Char(' ') + why);
  place();
}

void FindBar::place() {
  const QRect canvas = view_.geometry();
  const int wide = std::min(44 * Theme::kUnit, canvas.width() - 2 * Theme::kUnit);
  setFixedWidth(wide);
  adjustSize();
  move(canvas.right() - wide - Theme::kUnit, canvas.top() + Theme::kUnit);
}

bool FindBar::eventFilter(QObject* watched, QEvent* event) {
  if (watched == &view_ && (event->type() == QEvent::Resize || event->type() == QEvent::Move) && isVisible()) place();
  if (watched == line_ && event->type() == QEvent::KeyPress) {
    const auto& key = static_cast<const QKeyEvent&>(*event);
    switch (key.key()) {
      case Qt::Key_Return:
      case Qt::Key_Enter:
        return step(key.modifiers().testFlag(Qt::ShiftModifier) ? -1 : 1), true;
      case Qt::Key_Down:
        return next(), true;
      case Qt::Key_Up:
        return previous(), true;
      case Qt::Key_Escape:
        return leave(), true;
      default:
        break;
    }
  }
  return QFrame::eventFilter(watched, event);
}

void FindBar::style() {
  const Theme::Colors& c = Theme::instance().colors();
  setStyleSheet(QStringLiteral("QFrame#find_bar { background: %1; border: 1px solid %2; border-radius: 8px; }")
                    .arg(c.panel.name(), c.node_border.name()));
  for (QLabel* label : {count_, why_}) {
    label->setFont(Theme::instance().small_font());
    label->setStyleSheet(QStringLiteral("color: %1").arg(c.muted.name()));
  }
}

}  // namespace feedline::gui::inline workspace
