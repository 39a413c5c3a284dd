// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/hand_over.h"
#include "gui/session/work_fault.h"

#include <QObject>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

namespace feedline::gui::inline session {

/// A thread that answers the newest of many questions. A new question replaces the one that waits and abandons the one
/// in work; an answer to anything but the newest never arrives. Questions may take long and do get stuck (a file on a
/// dead server): the end of this object waits for its thread a moment only, then leaves it behind. Work that throws
/// answers with the error, where an answer can be one, or has an `error`; else with an empty answer.
template <class Question, class Answer>
class LatestWorker : public QObject {
 public:
  /// Called on the thread, again and again by the same one.
  using Work = std::function<Answer(const Question&, const std::stop_token&)>;
  /// Called on this object's own thread.
  using Deliver = std::function<void(Answer)>;

  LatestWorker(Work work, Deliver deliver, QObject* parent = nullptr)
      : QObject(parent), shared_(std::make_shared<Shared>()), deliver_(std::move(deliver)) {
    shared_->work = std::move(work);
    shared_->owner = this;
    std::thread([shared = shared_] { shared->run(); }).detach();
  }

  ~LatestWorker() override {
    std::unique_lock lock(shared_->mutex);
    shared_->owner = nullptr;
    shared_->end = true;
    shared_->abandon.request_stop();
    shared_->wake.notify_all();
    shared_->wake.wait_for(lock, kPatience, [this] { return shared_->ended; });
  }

  void ask(Question question) {
    const std::lock_guard lock(shared_->mutex);
    shared_->abandon.request_stop();
    shared_->queued = std::move(question);
    ++shared_->newest;
    shared_->wake.notify_all();
  }
  /// Whatever was asked is no longer wanted.
  void cancel() {
    const std::lock_guard lock(shared_->mutex);
    shared_->abandon.request_stop();
    shared_->queued.reset();
    ++shared_->newest;
  }

 private:
  static constexpr std::chrono::seconds kPatience{2};

  struct Shared {
    void run() {
      for (;;) {
        Question question;
        quint64 number = 0;
        std::stop_token stop;
        {
          std::unique_lock lock(mutex);
          wake.wait(lock, [this] { return end || queued.has_value(); });
          if (end) break;
          question = std::move(*queued);
          queued.reset();
          number = newest;
          abandon = std::stop_source();
          stop = abandon.get_token();
        }
        Answer answer = answered(question, stop);
        const std::lock_guard lock(mutex);
        if (end) break;
        if (number != newest || stop.stop_requested()) continue;
        post_to(owner,
                [to = owner, number, answer = std::move(answer)]() mutable { to->receive(number, std::move(answer)); });
      }
      work = nullptr;  // what it holds goes on this thread
      const std::lock_guard lock(mutex);
      ended = true;
      wake.notify_all();
    }

    Answer answered(const Question& question, const std::stop_token& stop) const {
      try {
        return work(question, stop);
      } catch (const std::exception& fault) {
        return answer_of(work_fault(fault));
      }
    }
    static Answer answer_of(Error error) {
      if constexpr (std::is_constructible_v<Answer, tl::unexpected<Error>>) {
        return fail(std::move(error));
      } else {
        Answer answer{};
        if constexpr (requires { answer.error = std::move(error); }) answer.error = std::move(error);
        return answer;
      }
    }

    Work work{};
    std::mutex mutex{};
    std::condition_variable wake{};
    std::optional<Question> queued{};
    quint64 newest = 0;
    std::stop_source abandon{};  ///< of the question in work
    LatestWorker* owner = nullptr;
    bool end = false;
    bool ended = false;
  };

  void receive(quint64 number, Answer answer) {
    {
      const std::lock_guard lock(shared_->mutex);
      if (number != shared_->newest) return;
    }
    deliver_(std::move(answer));
  }

  std::shared_ptr<Shared> shared_;
  Deliver deliver_;
};

}  // namespace feedline::gui::inline session
