// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/hand_over.h"

#include <QObject>
#include <QThreadPool>

#include <memory>
#include <mutex>
#include <utility>

namespace feedline::gui::inline session {

/// Brings work to the thread of an object as long as that is there. From any thread, which may outlive the object.
class Outbox {
 public:
  explicit Outbox(QObject* to) : to_(to) {}
  template <class Work>
  void post(Work work) {
    const std::lock_guard lock(mutex_);
    if (to_ != nullptr) post_to(to_, std::move(work));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    to_ = nullptr;
  }

 private:
  std::mutex mutex_{};
  QObject* to_;
};

/// One thread for what an object reads from and writes to a disk, in its order. A disk may hold it up for ever, and
/// that must not hold up who closes the window: the destructor waits for all that was begun and all that is still to be
/// done, but for a bounded time; then standard error has a line, and the thread is let go. Work must therefore own all
/// that it touches, and answer through outbox().
class DiskThread {
 public:
  static constexpr int kPatienceMs = 5000;

  /// `what`: what may not be written, for the line: "copies of unsaved graphs".
  DiskThread(QObject* owner, const char* what, int patience_ms = kPatienceMs);
  ~DiskThread();
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  template <class Work>
  void start(Work work) {
    start_on(*pool_, std::move(work));
  }
  [[nodiscard]] const std::shared_ptr<Outbox>& outbox() const { return outbox_; }

 private:
  const char* what_;
  int patience_ms_;
  std::shared_ptr<Outbox> outbox_;
  QThreadPool* pool_;  ///< never taken apart where its thread is held up: QThreadPool would wait for it
};

}  // namespace feedline::gui::inline session
