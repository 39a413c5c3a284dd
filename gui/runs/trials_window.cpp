// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/trials_window.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QPushButton>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace feedline::gui::inline runs {
namespace {

constexpr double kMostTrialMinutes = 7 * 24 * 60;

}  // namespace

TrialsWindow::TrialsWindow(QWidget* parent)
    : QDialog(parent, Qt::Window),
      table_(new QTreeWidget(this)),
      found_(new QSplitter(Qt::Vertical, this)),
      words_(new Caption(Caption::Tone::Normal, {}, this)) {
  setModal(false);
  words_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  table_->setRootIsDecorated(false);
  table_->setFrameShape(QFrame::NoFrame);
}

void TrialsWindow::make_budget(double minutes) {
  budget_ = new QDoubleSpinBox(this);
  budget_->setButtonSymbols(QAbstractSpinBox::NoButtons);  // as all number fields here; the arrow keys step
  budget_->setRange(0, kMostTrialMinutes);
  budget_->setDecimals(1);
  budget_->setValue(minutes);
  budget_->setSuffix(tr(" min"));
  budget_->setSpecialValueText(tr("as long as it takes"));
}

void TrialsWindow::make_button(const QString& name) {
  button_ = new QPushButton(tr("&Start"), this);
  button_->setObjectName(name);
  button_->setDefault(true);
  connect(button_, &QPushButton::clicked, this, &TrialsWindow::start_or_stop);
}

void TrialsWindow::lay_out(QFormLayout* form, QWidget* plot, QWidget* below) {
  found_->addWidget(plot);
  found_->addWidget(table_);
  found_->setStretchFactor(0, 3);
  found_->setStretchFactor(1, 2);
  auto* column = new QVBoxLayout(this);
  column->setSpacing(Theme::kUnit);
  column->addLayout(form);
  column->addWidget(words_);
  column->addWidget(found_, 1);
  if (below != nullptr) column->addWidget(below, 0, Qt::AlignLeft);
  column->addStretch();
}

void TrialsWindow::name_graph(const QString& title, const QString& name) {
  setWindowTitle(title);
  if (name != graph_name_) forget();
  graph_name_ = name;
}

std::optional<double> TrialsWindow::budget_s() const {
  return budget_->value() > 0 ? std::optional(budget_->value() * 60) : std::nullopt;
}

QString TrialsWindow::words() const { return words_->text(); }

void TrialsWindow::start_or_stop() {
  if (busy_) {
    Q_EMIT stop_wanted();
  } else {
    start();
  }
}

void TrialsWindow::set_busy(bool busy) {
  busy_ = busy;
  button_->setText(busy ? tr("&Stop") : tr("&Start"));
  for (QWidget* field : fields_) field->setEnabled(!busy);
  busy_changed();
}

void TrialsWindow::say(const QString& text, bool error) {
  words_->set_tone(error ? Caption::Tone::Error : Caption::Tone::Normal);
  words_->setText(text);
}

void TrialsWindow::say_error(const Error& error, const QString& stopped) {
  const bool cancelled = error.code == ErrorCode::Cancelled;
  say(cancelled ? stopped : to_qstring(error.line()), !cancelled);
}

void TrialsWindow::begin_table(const QStringList& head) {
  table_->clear();
  table_->setColumnCount(static_cast<int>(head.size()));
  table_->setHeaderItem(new QTreeWidgetItem(head));  // whose columns are of no alignment yet
}

/// The head of a column of numbers stands above them, at the right.
void TrialsWindow::end_table() {
  if (const QTreeWidgetItem* first = table_->topLevelItem(0))
    for (int column = 0; column < table_->columnCount(); ++column)
      if ((first->textAlignment(column) & Qt::AlignRight) != 0)
        table_->headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
  for (int column = 0; column < table_->columnCount(); ++column) table_->resizeColumnToContents(column);
}

}  // namespace feedline::gui::inline runs
