// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/run.h"

#include <QString>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace feedline::test {

/// A run, and every fact that it told, in order. `react` is called on the run's thread with the run at hand (null only
/// for facts that are told before start() has returned).
class RecordedRun {
 public:
  using Reaction = std::function<void(Run&, const Fact&)>;

  explicit RecordedRun(const Document& document, RunOptions options = {}, Reaction react = {});
  ~RecordedRun() { run_.reset(); }

  [[nodiscard]] Run& run() { return *run_; }
  /// Waits for the end; aborts the test program when it does not come.
  const RunResult& result();
  [[nodiscard]] std::vector<Fact> facts() const;
  /// "Preparing Started EpochDone Finished", repeats merged.
  [[nodiscard]] QString story() const;
  template <class T>
  [[nodiscard]] std::size_t count() const {
    std::size_t found = 0;
    for (const Fact& fact : facts()) found += std::holds_alternative<T>(fact) ? 1U : 0U;
    return found;
  }
  /// Waits until a fact of this kind was told.
  template <class T>
  bool wait_for() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(120), [this] {
      for (const Fact& fact : facts_)
        if (std::holds_alternative<T>(fact)) return true;
      return false;
    });
  }

 private:
  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<Fact> facts_{};
  Reaction react_;
  bool started_ = false;
  RunResult result_{};
  std::unique_ptr<Run> run_{};
};

/// Writes `count` 28x28 pictures of ten classes as IDX files into `folder` and returns a small network for them:
/// source, shuffle, normalise, batch (32), flatten, linear, relu, dropout, linear, loss, adam, trainer; a quarter of
/// the records validates.
[[nodiscard]] Document small_network(const QString& folder, int count = 320);
/// A changed copy.
[[nodiscard]] Document with(Document document, const std::string& node, const std::string& param, Value value);

}  // namespace feedline::test
