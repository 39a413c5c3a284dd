// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/disk_thread.h"

#include <QDeadlineTimer>

#include <algorithm>
#include <vector>

namespace feedline::gui::inline session {
namespace {

/// One disk that does not answer holds up several: they do not wait one after the other.
constexpr int kShortPatienceMs = 200;
constexpr int kLooksDeadMs = 10'000;
QDeadlineTimer looks_dead(0);  // of the window's thread

/// Kept, not lost: their threads may still come back from the disk.
std::vector<QThreadPool*>& pools_let_go() {
  static auto* all = new std::vector<QThreadPool*>;
  return *all;
}

}  // namespace

DiskThread::DiskThread(QObject* owner, const char* what, int patience_ms)
    : what_(what), patience_ms_(patience_ms), outbox_(std::make_shared<Outbox>(owner)), pool_(new QThreadPool) {
  pool_->setMaxThreadCount(1);
}

DiskThread::~DiskThread() {
  outbox_->close();
  const int patience = looks_dead.hasExpired() ? patience_ms_ : std::min(patience_ms_, kShortPatienceMs);
  if (pool_->waitForDone(patience)) {
    delete pool_;
    return;
  }
  pools_let_go().push_back(pool_);
  looks_dead.setRemainingTime(kLooksDeadMs);
  qWarning("feedline: the disk does not answer: %s may not all be written", what_);
}

}  // namespace feedline::gui::inline session
