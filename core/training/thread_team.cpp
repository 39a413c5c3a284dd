// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/thread_team.h"

#include <stop_token>
#include <utility>

namespace feedline::inline training {

ThreadTeam::ThreadTeam(std::size_t members, Work begin) : begin_(std::move(begin)), faults_(members) {
  begin_(0);
  for (std::size_t member = 1; member < members; ++member)
    threads_.emplace_back([this, member](const std::stop_token& stop) { live(stop, member); });
}

void ThreadTeam::attempt(const Work& work, std::size_t member) noexcept {
  try {
    faults_[member] = nullptr;
    work(member);
  } catch (...) {
    faults_[member] = std::current_exception();
  }
}

void ThreadTeam::live(const std::stop_token& stop, std::size_t member) {
  begin_(member);
  std::uint64_t seen = 0;
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!called_.wait(lock, stop, [&] { return round_ != seen; })) return;
    seen = round_;
    const Work& work = *work_;
    lock.unlock();
    attempt(work, member);
    lock.lock();
    if (--running_ == 0) done_.notify_one();
  }
}

const std::vector<std::exception_ptr>& ThreadTeam::run(const Work& work) {
  if (!threads_.empty()) {
    const std::lock_guard lock(mutex_);
    work_ = &work;
    running_ = threads_.size();
    ++round_;
    called_.notify_all();
  }
  attempt(work, 0);
  if (!threads_.empty()) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return running_ == 0; });
  }
  return faults_;
}

}  // namespace feedline::inline training
