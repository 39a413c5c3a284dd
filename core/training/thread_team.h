// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace feedline::inline training {

/// Threads that do one piece of work together, again and again. Member 0 is the thread that calls run(); the others
/// live as long as the team, so that a step creates no threads.
class ThreadTeam {
 public:
  using Work = std::function<void(std::size_t member)>;

  /// `begin` is called once in each member's thread, before its first work; it must not throw. Throws
  /// std::system_error where no thread can be had.
  ThreadTeam(std::size_t members, Work begin);
  ~ThreadTeam() = default;
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  [[nodiscard]] std::size_t size() const { return faults_.size(); }
  /// Runs `work` once in every member and waits for all. What a member throws ends with its own work; it is handed
  /// back, null for a member that threw nothing. Valid until the next call.
  [[nodiscard]] const std::vector<std::exception_ptr>& run(const Work& work);

 private:
  void attempt(const Work& work, std::size_t member) noexcept;
  void live(const std::stop_token& stop, std::size_t member);

  Work begin_;
  std::vector<std::exception_ptr> faults_;
  std::mutex mutex_{};
  std::condition_variable_any called_{};
  std::condition_variable done_{};
  const Work* work_ = nullptr;
  std::uint64_t round_ = 0;
  std::size_t running_ = 0;
  std::vector<std::jthread> threads_{};  // last: they use all of the above
};

}  // namespace feedline::inline training
