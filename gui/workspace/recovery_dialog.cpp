// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/recovery_dialog.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <utility>

namespace feedline::gui::inline workspace {

namespace {

QString when(const QDateTime& time) {
  const QDateTime now = QDateTime::currentDateTime();
  const qint64 minutes = time.secsTo(now) / 60;
  const QString clock = QLocale::system().toString(time, QLocale::ShortFormat);
  if (minutes < 1) return RecoveryDialog::tr("%1, just now").arg(clock);
  if (minutes < 60) return RecoveryDialog::tr("%1, %2 min ago").arg(clock).arg(minutes);
  return clock;
}

}  // namespace

RecoveryDialog::RecoveryDialog(std::vector<RescueFolder::Left> left, QWidget* parent)
    : QDialog(parent), left_(std::move(left)), list_(new QTreeWidget(this)) {
  setWindowTitle(tr("Recover unsaved graphs"));
  auto* layout = new QVBoxLayout(this);
  layout->setSpacing(Theme::kUnit);
  layout->addWidget(new Caption(Caption::Tone::Title, tr("Feedline ended without saving"), this));
  layout->addWidget(new Caption(Caption::Tone::Normal,
                                tr("These graphs had changes that were not saved. Recovered graphs open as they were "
                                   "and are still unsaved; nothing is overwritten."),
                                this));
  list_->setAccessibleName(tr("Unsaved graphs"));
  list_->setHeaderLabels({tr("Graph"), tr("Last change"), tr("File")});
  list_->setRootIsDecorated(false);
  list_->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  layout->addWidget(list_, 1);
  fill();

  auto* buttons = new QDialogButtonBox(this);
  auto* recover = buttons->addButton(tr("&Recover"), QDialogButtonBox::AcceptRole);
  auto* discard = buttons->addButton(tr("&Discard"), QDialogButtonBox::DestructiveRole);
  auto* later = buttons->addButton(tr("&Ask again later"), QDialogButtonBox::RejectRole);
  recover->setDefault(true);
  recover->setObjectName(QStringLiteral("recover"));
  discard->setObjectName(QStringLiteral("discard"));
  later->setObjectName(QStringLiteral("later"));
  layout->addWidget(buttons);
  connect(recover, &QPushButton::clicked, this, &RecoveryDialog::recover_checked);
  connect(discard, &QPushButton::clicked, this, &RecoveryDialog::discard_checked);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  resize(80 * Theme::kUnit, 40 * Theme::kUnit);
}

void RecoveryDialog::fill() {
  list_->clear();
  for (const RescueFolder::Left& left : left_) {
    auto* item = new QTreeWidgetItem(
        list_, {left.file.name, when(left.file.time), left.file.file.isEmpty() ? tr("never saved") : left.file.file});
    item->setCheckState(0, Qt::Checked);
    item->setToolTip(2, left.file.file);
  }
}

std::vector<RescueFolder::Left> RecoveryDialog::checked() const {
  std::vector<RescueFolder::Left> chosen;
  for (std::size_t i = 0; i < left_.size(); ++i)
    if (list_->topLevelItem(static_cast<int>(i))->checkState(0) == Qt::Checked) chosen.push_back(left_[i]);
  return chosen;
}

void RecoveryDialog::recover_checked() {
  for (const RescueFolder::Left& left : checked()) Q_EMIT recover_wanted(left);
  accept();
}

bool RecoveryDialog::may_discard(std::size_t count) {
  QMessageBox box(QMessageBox::Warning, tr("Discard unsaved graphs"),
                  count == 1 ? tr("Delete the unsaved changes of this graph?")
                             : tr("Delete the unsaved changes of these %1 graphs?").arg(count),
                  QMessageBox::Discard | QMessageBox::Cancel, this);
  box.setInformativeText(tr("They cannot be brought back."));
  box.setDefaultButton(QMessageBox::Cancel);
  return box.exec() == QMessageBox::Discard;
}

void RecoveryDialog::discard_checked() {
  const std::vector<RescueFolder::Left> chosen = checked();
  if (chosen.empty() || !may_discard(chosen.size())) return;
  for (const RescueFolder::Left& left : chosen) {
    RescueFolder::discard(left.path);
    std::erase_if(left_, [&](const RescueFolder::Left& other) { return other.path == left.path; });
  }
  if (left_.empty()) return accept();
  fill();
}

}  // namespace feedline::gui::inline workspace
