// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/starter_offer.h"

#include "gui/base/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>

#include <algorithm>

namespace feedline::gui::inline start {

StarterOffer::StarterOffer(QWidget* canvas) : QFrame(canvas), canvas_(canvas) {
  setObjectName(QStringLiteral("starter_offer"));
  setAccessibleName(tr("Build a graph for the data"));
  words_.setWordWrap(true);
  words_.setMinimumWidth(30 * Theme::kUnit);
  label_.setObjectName(QStringLiteral("starter_label"));
  label_.setAccessibleName(tr("Column to predict"));
  label_.setToolTip(tr("The column that the model predicts"));
  label_.setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  label_.setMinimumContentsLength(14);
  label_.hide();
  build_.setObjectName(QStringLiteral("starter_build"));
  build_.setText(tr("&Build"));
  build_.setAutoDefault(true);
  leave_.setObjectName(QStringLiteral("starter_leave"));
  leave_.setText(tr("&Not now"));
  leave_.setAutoDefault(true);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(2 * Theme::kUnit, Theme::kUnit, 2 * Theme::kUnit, Theme::kUnit);
  row->setSpacing(Theme::kUnit);
  row->addWidget(&words_, 1);
  row->addWidget(&label_);
  row->addWidget(&build_);
  row->addWidget(&leave_);
  connect(&label_, &QComboBox::activated, this, [this] { Q_EMIT label_chosen(label_.currentText()); });
  connect(&build_, &QPushButton::clicked, this, &StarterOffer::accepted);
  connect(&leave_, &QPushButton::clicked, this, &StarterOffer::dismissed);
  connect(&Theme::instance(), &Theme::changed, this, &StarterOffer::style);
  canvas->installEventFilter(this);
  style();
}

void StarterOffer::show_looking(const QString& name) { show_words(tr("Looking at %1…").arg(name), false); }

void StarterOffer::show_offer(const QString& size, bool number) {
  show_words((number ? tr("Build a model that predicts %1?") : tr("Build a classifier for %1?")).arg(size), true);
  if (!label_.hasFocus()) build_.setFocus(Qt::OtherFocusReason);
}

void StarterOffer::show_labels(const QStringList& columns, const QString& label) {
  label_.clear();
  label_.addItems(columns);
  label_.setCurrentText(label);
  label_.setVisible(!columns.isEmpty());
  place();
}

void StarterOffer::show_fault(const QString& line) { show_words(line, false); }

void StarterOffer::show_words(const QString& text, bool offers) {
  words_.setText(text);
  build_.setVisible(offers);
  leave_.setText(offers ? tr("&Not now") : tr("&Close"));
  show();
  place();
  raise();
}

void StarterOffer::place() {
  const int most = std::max(200, canvas_->width() - 4 * Theme::kUnit);
  const int buttons = leave_.sizeHint().width() + (build_.isHidden() ? 0 : build_.sizeHint().width()) +
                      (label_.isHidden() ? 0 : label_.sizeHint().width() + Theme::kUnit) + 8 * Theme::kUnit;
  const int words = words_.fontMetrics().horizontalAdvance(words_.text()) + 2 * Theme::kUnit;
  const int wide = std::min(most, words + buttons);
  words_.setMinimumWidth(std::max(80, wide - buttons));
  const int high = std::max(words_.heightForWidth(words_.minimumWidth()), build_.sizeHint().height());
  setGeometry((canvas_->width() - wide) / 2, 2 * Theme::kUnit, wide, high + 2 * Theme::kUnit);
}

void StarterOffer::style() {
  const Theme::Colors& c = Theme::instance().colors();
  setStyleSheet(QStringLiteral("QFrame#starter_offer { background: %1; border: 1px solid %2; border-radius: 8px } "
                               "QLabel { background: transparent; color: %3 }")
                    .arg(c.raised.name(), c.accent.name(), c.text.name()));
}

bool StarterOffer::eventFilter(QObject* watched, QEvent* event) {
  if (watched == canvas_ && event->type() == QEvent::Resize && isVisible()) place();
  return QFrame::eventFilter(watched, event);
}

void StarterOffer::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Escape) return QFrame::keyPressEvent(event);
  Q_EMIT dismissed();
}

}  // namespace feedline::gui::inline start
