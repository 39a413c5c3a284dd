// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/fit_pace.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace feedline::inline nodes {
namespace {

/// Operations that take about as long as a few threads to start: 1 ms.
constexpr double kWorthThreads = 2e6;
constexpr std::chrono::milliseconds kLook{10};

/// Pieces that threads take one after the other.
class SharedPieces {
 public:
  SharedPieces(std::size_t count, const FitPace::Work& work) : count_(count), work_(work) {}

  /// Until there are no more, or one threw.
  void run() noexcept {
    try {
      for (std::size_t piece; !stop_ && (piece = next_.fetch_add(1)) < count_;) work_(piece, stop_);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
      stop_ = true;
    }
  }
  void run_as_thread() noexcept {
    run();
    const std::lock_guard lock(mutex_);
    ++ended_;
    changed_.notify_all();
  }
  /// False: not all `threads` have ended by then.
  [[nodiscard]] bool wait(std::size_t threads) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLook, [&] { return ended_ == threads; });
  }
  void stop() { stop_ = true; }
  /// When no thread runs any more.
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  std::size_t count_;
  const FitPace::Work& work_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::size_t ended_ = 0;
  std::exception_ptr thrown_{};
};

}  // namespace

bool FitPace::each(std::size_t count, double cost, const Work& work) {
  SharedPieces pieces(count, work);
  if (cost < kWorthThreads) {
    pieces.run();
    pieces.rethrow();
    return go_on();
  }
  bool on = true;
  {
    std::vector<std::jthread> threads;
    const std::size_t wanted = std::min<std::size_t>(static_cast<std::size_t>(std::max(threads_, 1)), count);
    for (std::size_t i = 0; i < wanted; ++i) threads.emplace_back([&pieces] { pieces.run_as_thread(); });
    while (!pieces.wait(threads.size())) {
      on = on && go_on();
      if (!on) pieces.stop();
    }
  }
  pieces.rethrow();
  return on && go_on();
}

void predict_pieces(int threads, std::size_t count, double cost, const std::function<void(std::size_t piece)>& work) {
  const FitPace::Work unstopped = [&work](std::size_t piece, const std::atomic<bool>&) { work(piece); };
  SharedPieces pieces(count, unstopped);
  {
    std::vector<std::jthread> others;
    if (cost >= kWorthThreads)
      for (std::size_t i = 1; i < std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), count); ++i)
        others.emplace_back([&pieces] { pieces.run_as_thread(); });
    pieces.run();
  }
  pieces.rethrow();
}

}  // namespace feedline::inline nodes
