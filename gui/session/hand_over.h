// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDebug>
#include <QMetaObject>
#include <QObject>
#include <QThreadPool>

#include <atomic>
#include <exception>
#include <utility>

namespace feedline::gui::inline session {

/// Work on its way from one thread to another. Qt's locks put what was written before the one ahead of what is read
/// after the other, but Qt is built without the thread sanitizer, which does not see them: a call shows it that
/// order. (All calls of one kind together: nothing inside one may be read to find out which is its own.)
template <class Work>
class OrderedCall {
 public:
  explicit OrderedCall(Work work) : work_(std::move(work)) { seal(); }
  OrderedCall(const OrderedCall& other) : work_(other.work_) { seal(); }
  OrderedCall(OrderedCall&& other) noexcept : work_(std::move(other.work_)) { seal(); }
  OrderedCall& operator=(const OrderedCall&) = delete;
  OrderedCall& operator=(OrderedCall&&) = delete;
  ~OrderedCall() { open(); }

  void operator()() {
    open();
    work_();
    seal();  // Qt may leave it to the thread that sent it to take it apart
  }

 private:
  static inline std::atomic<unsigned> sealed_{0};
  static void seal() { sealed_.fetch_add(1, std::memory_order_release); }
  static void open() { static_cast<void>(sealed_.load(std::memory_order_acquire)); }

  Work work_;
};

/// Does `work` on the thread of `to`, from its event loop, if it is still there by then.
template <class Work>
void post_to(QObject* to, Work work) {
  QMetaObject::invokeMethod(to, OrderedCall<Work>(std::move(work)), Qt::QueuedConnection);
}

/// Does `work` on a thread of the pool. What it throws, for want of memory, goes to standard error: it must not end the
/// window.
template <class Work>
void start_on(QThreadPool& pool, Work work) {
  auto guarded = [work = std::move(work)]() mutable {
    try {
      work();
    } catch (const std::exception& fault) {
      qWarning("feedline: %s", fault.what());
    }
  };
  pool.start(OrderedCall<decltype(guarded)>(std::move(guarded)));
}

}  // namespace feedline::gui::inline session
