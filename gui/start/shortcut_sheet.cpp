// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/shortcut_sheet.h"

#include "gui/base/theme.h"
#include "gui/canvas/canvas_keys.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QKeySequence>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace feedline::gui::inline start {

namespace {

QString plain(QString text) { return text.remove(QLatin1Char('&')).remove(QStringLiteral("…")); }

void collect(const QMenu& menu, const QString& group, QList<Shortcut>& into) {
  for (const QAction* action : menu.actions()) {
    if (action->menu() != nullptr) collect(*action->menu(), group, into);
    const QString beside = action->text().section(QLatin1Char('\t'), 1);  // keys of the canvas, which are no shortcuts
    if (action->shortcuts().isEmpty() && beside.isEmpty()) continue;
    Shortcut line{.group = group, .what = plain(action->text().section(QLatin1Char('\t'), 0, 0))};
    for (const QKeySequence& keys : action->shortcuts()) line.keys << keys.toString(QKeySequence::NativeText);
    if (!beside.isEmpty()) line.keys << beside;
    into << line;
  }
}

}  // namespace

QList<Shortcut> menu_shortcuts(const QMenuBar& bar) {
  QList<Shortcut> all;
  for (const QAction* menu : bar.actions())
    if (menu->menu() != nullptr) collect(*menu->menu(), plain(menu->text()), all);
  return all;
}

QList<Shortcut> canvas_shortcuts() {
  QList<Shortcut> all;
  for (const CanvasKey& key : canvas_keys())
    all << Shortcut{.group = ShortcutSheet::tr("Canvas"), .what = key.what, .keys = {key.keys}};
  return all;
}

ShortcutSheet::ShortcutSheet(const QList<Shortcut>& shortcuts, QWidget* parent)
    : QDialog(parent), shortcuts_(shortcuts), list_(new QTreeWidget(this)) {
  setWindowTitle(tr("Keyboard and mouse"));
  setObjectName(QStringLiteral("shortcut_sheet"));
  auto* layout = new QVBoxLayout(this);
  layout->setSpacing(Theme::kUnit);
  auto* search = new QLineEdit(this);
  search->setPlaceholderText(tr("Find a key or what it does"));
  search->setAccessibleName(search->placeholderText());
  search->setClearButtonEnabled(true);
  layout->addWidget(search);
  list_->setAccessibleName(tr("Keys"));
  list_->setHeaderLabels({tr("What it does"), tr("Keys")});
  list_->setFrameShape(QFrame::NoFrame);
  list_->setSelectionMode(QAbstractItemView::NoSelection);
  list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  list_->header()->setStretchLastSection(false);
  layout->addWidget(list_, 1);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  layout->addWidget(buttons);
  connect(search, &QLineEdit::textChanged, this, &ShortcutSheet::fill);
  fill({});
  search->setFocus();
  resize(76 * Theme::kUnit, 76 * Theme::kUnit);
}

void ShortcutSheet::fill(const QString& pattern) {
  list_->clear();
  QTreeWidgetItem* group = nullptr;
  for (const Shortcut& line : shortcuts_) {
    const QString keys = line.keys.join(tr(" or "));
    if (!line.what.contains(pattern, Qt::CaseInsensitive) && !keys.contains(pattern, Qt::CaseInsensitive)) continue;
    if (group == nullptr || group->text(0) != line.group) {
      group = new QTreeWidgetItem(list_, {line.group});
      group->setFont(0, Theme::instance().bold_font());
      group->setFirstColumnSpanned(true);
    }
    auto* item = new QTreeWidgetItem(group, {line.what, keys});
    item->setFont(1, Theme::instance().mono_font());
  }
  list_->expandAll();
}

}  // namespace feedline::gui::inline start
