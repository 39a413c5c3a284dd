// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/disk_watch.h"

#include "gui/session/hand_over.h"
#include "gui/workspace/notice_bar.h"

#include <QEvent>
#include <QPointer>

namespace feedline::gui::inline workspace {
namespace {

constexpr int kPatienceMs = 500;
const QString kDisk = QStringLiteral("on_disk");
const QString kShared = QStringLiteral("open_elsewhere");

}  // namespace

DiskWatch::DiskWatch(Workspace& workspace, Files& files, QWidget* window)
    : QObject(window), workspace_(workspace), files_(files), window_(window), pool_(new QThreadPool) {
  pool_->setMaxThreadCount(1);
  window->installEventFilter(this);
  connect(&workspace, &Workspace::current_tab_changed, this, qOverload<DocumentTab&>(&DiskWatch::look));
  connect(&files, &Files::opened, this, qOverload<DocumentTab&>(&DiskWatch::look));
  connect(&files, &Files::saved, this, [this](DocumentTab& tab) {
    tab.notice().take_back(kDisk);
    look();  // another tab may show what was written over
  });
}

DiskWatch::~DiskWatch() {
  pool_->clear();
  if (pool_->waitForDone(kPatienceMs)) delete pool_;
}

bool DiskWatch::eventFilter(QObject* watched, QEvent* event) {
  if (watched == window_ && event->type() == QEvent::WindowActivate) look();
  return false;
}

void DiskWatch::look() {
  for (DocumentTab* tab : workspace_.documents()) look(*tab);
}

void DiskWatch::look(DocumentTab& tab) {
  const QString path = tab.file().path();
  if (path.isEmpty()) {
    tab.notice().take_back(kDisk);
    tab.notice().take_back(kShared);
    return;
  }
  tell_shared(tab);
  start_on(*pool_, [this, path, stamp = tab.file().stamp(), tab = QPointer<DocumentTab>(&tab)] {
    const DiskState state = compare_with_disk(to_path(path), stamp);
    post_to(this, [this, path, stamp, state, tab] {
      // What was read or written meanwhile knows better.
      if (tab && tab->file().path() == path && tab->file().stamp() == stamp) receive(*tab, state);
    });
  });
}

void DiskWatch::receive(DocumentTab& tab, const DiskState& state) {
  if (state.state == OnDisk::Same) {
    tab.file().note(state);
    return tab.notice().take_back(kDisk);
  }
  if (!tab.file().is_news(state)) return;
  if (state.state == OnDisk::Changed) return tell_changed(tab);
  tab.document().undo_stack().resetClean();  // what is shown stands nowhere else now
  tell_gone(tab, state.state == OnDisk::Unreadable);
}

void DiskWatch::tell_changed(DocumentTab& tab) {
  QString text = tr("%1 was changed by another program.").arg(tab.display_name());
  if (tab.modified()) text += QLatin1Char(' ') + tr("There are unsaved changes here as well.");
  DocumentTab* shown = &tab;
  tab.notice().tell(kDisk, text,
                    {{tr("&Reload"), [this, shown] { files_.reload(*shown); }},
                     {tr("&Overwrite"), [this, shown] { files_.overwrite(*shown); }},
                     {tr("Save &as…"), [this, shown] { files_.save_as(*shown); }}});
}

void DiskWatch::tell_gone(DocumentTab& tab, bool unreadable) {
  const QString text = unreadable ? tr("%1 can no longer be read.") : tr("%1 is no longer on the disk.");
  DocumentTab* shown = &tab;
  tab.notice().tell(kDisk, text.arg(tab.display_name()),
                    {{tr("&Save again"), [this, shown] { files_.overwrite(*shown); }},
                     {tr("Save &as…"), [this, shown] { files_.save_as(*shown); }}});
}

void DiskWatch::tell_shared(DocumentTab& tab) {
  const bool shared = tab.file().open_elsewhere();
  if (shared == tab.shared()) return;
  tab.set_shared(shared);
  if (!shared) return tab.notice().take_back(kShared);
  tab.notice().tell(kShared,
                    tr("%1 is open in another Feedline window as well. Nothing is overwritten without a question.")
                        .arg(tab.display_name()),
                    {});
}

}  // namespace feedline::gui::inline workspace
