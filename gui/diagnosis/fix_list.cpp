// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix_list.h"

#include "app/theme.h"
#include "plots/plot_panel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace feedline::gui {
namespace {

QString key(const Fix& fix) { return QString::fromStdString(fix.id + '\n' + fix.title); }

QString two_digits(double ratio) { return QString::number(ratio, 'f', 2); }

}  // namespace

FixList::FixList(QWidget* parent) : QWidget(parent), layout_(new QVBoxLayout(this)), empty_(new QLabel(this)) {
  layout_->setContentsMargins(0, 0, 0, 0);
  layout_->setSpacing(Theme::kUnit);
  empty_->setText(tr("No fix is predicted to help."));
  empty_->setWordWrap(true);
  layout_->addWidget(empty_);
  layout_->addStretch();
}

void FixList::show_fixes(const std::vector<Fix>& fixes) {
  const auto same = [](const Fix& a, const Fix& b) { return key(a) == key(b); };
  const bool stays =
      fixes.size() == fixes_.size() && std::is_permutation(fixes.begin(), fixes.end(), fixes_.begin(), same);
  if (!stays) {
    fixes_ = fixes;
    rebuild();
    return;
  }
  for (Fix& present : fixes_) {
    present = *std::find_if(fixes.begin(), fixes.end(), [&](const Fix& fix) { return same(fix, present); });
    tell(present);
  }
}

void FixList::rebuild() {
  for (const Row& row : rows_) delete row.widget;
  rows_.clear();
  empty_->setVisible(fixes_.empty());
  for (std::size_t i = 0; i < fixes_.size(); ++i) {
    const Row row = make_row(fixes_[i]);
    layout_->insertWidget(static_cast<int>(i), row.widget);
    rows_.insert(key(fixes_[i]), row);
    tell(fixes_[i]);
  }
}

FixList::Row FixList::make_row(const Fix& fix) {
  Row row;
  row.widget = new QWidget(this);
  row.widget->setToolTip(QString::fromStdString(fix.why));
  auto* line = new QHBoxLayout(row.widget);
  line->setContentsMargins(0, 0, 0, 0);
  auto* words = new QVBoxLayout;
  words->setSpacing(0);
  auto* title = new QLabel(QString::fromStdString(fix.title), row.widget);
  title->setFont(Theme::instance().bold_font());
  title->setWordWrap(true);
  row.numbers = new QLabel(row.widget);
  row.numbers->setFont(Theme::instance().small_font());
  row.numbers->setWordWrap(true);
  words->addWidget(title);
  words->addWidget(row.numbers);
  line->addLayout(words, 1);
  row.apply = new QPushButton(tr("Apply"), row.widget);
  row.apply->setToolTip(tr("Changes the graph; Undo takes it back"));
  row.prove = new QPushButton(tr("Prove"), row.widget);
  row.prove->setToolTip(
      tr("Runs the graph with and without it in turn, in the background, and measures the difference"));
  row.prove->setEnabled(!busy_);
  for (QPushButton* button : {row.apply, row.prove}) line->addWidget(button, 0, Qt::AlignTop);
  connect(row.apply, &QPushButton::clicked, this, [this, fix] { Q_EMIT apply_wanted(fix); });
  connect(row.prove, &QPushButton::clicked, this, [this, fix] { Q_EMIT prove_wanted(fix); });
  return row;
}

void FixList::tell(const Fix& fix) {
  QString text = tr("predicted %1 times as fast").arg(two_digits(fix.predicted_ratio));
  if (fix.changes_results) text += tr(" · changes what is learnt");
  if (const QString proof = proofs_.value(key(fix)); !proof.isEmpty()) text += QStringLiteral("\n") + proof;
  rows_.value(key(fix)).numbers->setText(text);
}

void FixList::show_proof(const Fix& fix, const Proof& proof) {
  const QString verdict = proof.keep()                 ? tr("keep it")
                          : proof.rate.surely_slower() ? tr("slower")
                                                       : tr("no difference that can be told");
  proofs_[key(fix)] =
      tr("measured %1 (%2 to %3): %4")
          .arg(two_digits(proof.rate.ratio), two_digits(proof.rate.low), two_digits(proof.rate.high), verdict);
  for (const Fix& present : fixes_)
    if (key(present) == key(fix)) tell(present);
}

void FixList::set_busy(bool busy) {
  busy_ = busy;
  for (const Row& row : rows_) row.prove->setEnabled(!busy);
}

QPushButton* FixList::button(const QString& fix, const QString& which) const {
  for (const Fix& present : fixes_)
    if (QString::fromStdString(present.id) == fix)
      return which == QLatin1String("apply") ? rows_.value(key(present)).apply : rows_.value(key(present)).prove;
  return nullptr;
}

}  // namespace feedline::gui
