// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/fix_list.h"

#include "gui/base/theme.h"
#include "gui/diagnosis/pair_strip.h"
#include "gui/plots/plot_panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui::inline diagnosis {
namespace {

QString id_of(const Fix& fix) { return QString::fromStdString(fix.id); }
QString proof_key(const Fix& fix) { return QString::fromStdString(fix.id + '\n' + fix.title); }
QString two_digits(double ratio) { return QString::number(ratio, 'f', 2); }

QString proof_text(const RatioEstimate& rate) {
  const QString verdict = rate.surely_faster()   ? FixList::tr("keep it")
                          : rate.surely_slower() ? FixList::tr("slower")
                                                 : FixList::tr("no significant difference");
  return FixList::tr("measured %1 (%2 to %3): %4")
      .arg(two_digits(rate.ratio), two_digits(rate.low), two_digits(rate.high), verdict);
}

}  // namespace

FixList::FixList(QWidget* parent) : QWidget(parent), layout_(new QVBoxLayout(this)), empty_(new QLabel(this)) {
  layout_->setContentsMargins(0, 0, 0, 0);
  layout_->setSpacing(Theme::kUnit);
  empty_->setWordWrap(true);
  layout_->addWidget(empty_);
  layout_->addStretch();
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    for (const Row& row : rows_) tell(row);
  });
}

void FixList::show_fixes(const std::vector<Fix>& fixes) {
  for (Row& row : rows_) row.offered = false;
  for (const Fix& fix : fixes) {
    Row* present = find(id_of(fix));
    if (present == nullptr) {
      rows_.push_back(make_row(fix));
      layout_->insertWidget(static_cast<int>(rows_.size()) - 1, rows_.back().widget);
      continue;
    }
    present->fix = fix;
    present->offered = true;
  }
  stale_ = false;
  empty_->setVisible(rows_.empty());
  for (const Row& row : rows_) tell(row);
}

void FixList::set_stale(bool stale) {
  if (stale == stale_) return;
  stale_ = stale;
  for (const Row& row : rows_) tell(row);
}

void FixList::set_empty_text(const QString& text) { empty_->setText(text); }

void FixList::clear() {
  for (const Row& row : rows_) take_away(row);
  rows_.clear();
  stale_ = false;
  empty_->setVisible(true);
}

void FixList::take_away(const Row& row) {
  row.widget->hide();
  row.widget->deleteLater();  // it may be its own button that asks for it
}

FixList::Row FixList::make_row(const Fix& fix) {
  Row row{.fix = fix};
  row.widget = new QWidget(this);
  row.widget->setObjectName(id_of(fix));
  row.widget->installEventFilter(this);
  auto* column = new QVBoxLayout(row.widget);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(2);
  auto* line = new QHBoxLayout;
  column->addLayout(line);
  auto* words = new QVBoxLayout;
  words->setSpacing(0);
  row.title = new QLabel(row.widget);
  row.title->setWordWrap(true);
  row.numbers = new QLabel(row.widget);
  row.numbers->setWordWrap(true);
  words->addWidget(row.title);
  words->addWidget(row.numbers);
  line->addLayout(words, 1);
  row.apply = new QPushButton(tr("Apply"), row.widget);
  row.apply->setToolTip(tr("Changes the graph; Undo takes it back"));
  row.prove = new QPushButton(tr("Prove"), row.widget);
  allow_proof(row);
  for (QPushButton* button : {row.apply, row.prove}) {
    button->installEventFilter(this);
    line->addWidget(button, 0, Qt::AlignTop);
  }
  row.strip = new PairStrip(row.widget);
  row.strip->hide();
  column->addWidget(row.strip);
  const QString id = id_of(fix);
  // What the row shows by then.
  connect(row.apply, &QPushButton::clicked, this, [this, id] {
    if (const Row* now = find(id)) Q_EMIT apply_wanted(Fix(now->fix));
  });
  connect(row.prove, &QPushButton::clicked, this, [this, id] {
    const Row* now = find(id);
    if (now == nullptr) return;
    begin_proof(*now);
    Q_EMIT prove_wanted(Fix(now->fix));
  });
  return row;
}

void FixList::tell(const Row& row) {
  row.widget->setToolTip(QString::fromStdString(row.fix.why));
  row.title->setText(QString::fromStdString(row.fix.title));
  QString text = tr("predicted %1 times as fast").arg(two_digits(row.fix.predicted_ratio));
  if (row.applied) text = tr("applied · ") + text;
  if (!row.offered) text = tr("not offered by the latest measurement");
  if (row.fix.changes_results) text += tr(" · may change accuracy");
  if (const QString proof = proofs_.value(proof_key(row.fix)); !proof.isEmpty()) text += QStringLiteral("\n") + proof;
  row.numbers->setText(text);
  const Theme& theme = Theme::instance();
  const Theme::Colors& colors = theme.colors();
  row.title->setFont(theme.bold_font());
  row.numbers->setFont(theme.small_font());
  const bool grey = stale_ || !row.offered;  // and still to be read
  for (QLabel* label : {row.title, row.numbers}) {
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, !grey && label == row.title ? colors.text : colors.muted);
    label->setPalette(palette);
  }
}

/// The room of the strip and of the result is taken at once, by whoever clicked: later nothing moves.
void FixList::begin_proof(const Row& row) {
  QString& proof = proofs_[proof_key(row.fix)];
  if (proof.isEmpty()) proof = tr("not measured yet");
  const QString result = proof_text({.ratio = 10.0, .low = 1.0, .high = 10.0});
  row.numbers->setText(row.numbers->text() + QLatin1Char('\n') + result);
  row.numbers->setMinimumHeight(row.numbers->heightForWidth(row.numbers->width()));
  row.strip->show_proof({}, row.fix.predicted_ratio);
  row.strip->show();
  tell(row);
}

void FixList::show_pairs(const Fix& fix, const Proof& so_far) {
  Row* row = find(id_of(fix));
  if (row == nullptr) return;
  row->strip->show_proof(so_far, fix.predicted_ratio);
  row->strip->show();
}

void FixList::show_proof(const Fix& fix, const Proof& proof) {
  proofs_[proof_key(fix)] = proof_text(proof.rate);
  show_pairs(fix, proof);
  if (const Row* row = find(id_of(fix))) tell(*row);
}

void FixList::set_busy(bool busy) {
  busy_ = busy;
  for (const Row& row : rows_) allow_proof(row);
}

void FixList::allow_proof(const Row& row) const {
  row.prove->setEnabled(!busy_ && !row.fix.in_fits);
  row.prove->setToolTip(
      row.fix.in_fits
          ? tr("Its gain lies in the fit, and a proof compares the rates of steps: apply it, then run again "
               "and compare")
          : tr("Runs the graph with and without it in turn, in the background, and measures the difference"));
}

void FixList::set_applied(const QString& id) {
  for (Row& row : rows_) {
    row.applied = id_of(row.fix) == id;
    tell(row);
  }
}

bool FixList::eventFilter(QObject* watched, QEvent* event) {
  const bool comes = event->type() == QEvent::Enter || event->type() == QEvent::FocusIn;
  const bool goes = event->type() == QEvent::Leave || event->type() == QEvent::FocusOut;
  if (comes || goes)
    for (const Row& row : rows_)
      if (watched == row.widget || (event->type() != QEvent::Leave && (watched == row.apply || watched == row.prove)))
        Q_EMIT pointed_at(row.fix, comes);
  return QWidget::eventFilter(watched, event);
}

std::vector<Fix> FixList::fixes() const {
  std::vector<Fix> all;
  for (const Row& row : rows_) all.push_back(row.fix);
  return all;
}

bool FixList::offered(const QString& id) const {
  const Row* row = find(id);
  return row != nullptr && row->offered;
}

FixList::Row* FixList::find(const QString& id) {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return id_of(row.fix) == id; });
  return found == rows_.end() ? nullptr : &*found;
}

const FixList::Row* FixList::find(const QString& id) const { return const_cast<FixList*>(this)->find(id); }

QPushButton* FixList::button(const QString& fix, const QString& which) const {
  const Row* row = find(fix);
  if (row == nullptr) return nullptr;
  return which == QLatin1String("apply") ? row->apply : row->prove;
}

PairStrip* FixList::strip(const QString& fix) const {
  const Row* row = find(fix);
  return row == nullptr ? nullptr : row->strip;
}

}  // namespace feedline::gui::inline diagnosis
