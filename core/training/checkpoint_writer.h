// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "base/error.h"
#include "state/training_state.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace feedline::inline training {

/// Writes checkpoints into a folder (state/checkpoint_files.h) on a thread of its own. A disk that is full or cannot be
/// written to ends nothing: it is told once, and the next checkpoint is tried again.
class CheckpointWriter {
 public:
  /// `on_fault`: from the writer's thread.
  CheckpointWriter(std::filesystem::path folder, std::size_t keep, std::function<void(const Error&)> on_fault);
  /// Writes what was handed over, and joins.
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  struct Work {
    std::shared_ptr<const TrainingState> state{};
    bool numbered = true;
    bool best = false;
  };
  /// May take another one now without keeping two copies in memory.
  [[nodiscard]] bool idle() const;
  /// Returns at once; waits for nothing. What is still waiting to be written is replaced, but a best one stays.
  void write(Work work);
  /// Waits until all is on the disk.
  void finish();
  /// What lies on the disk by now; empty: nothing.
  [[nodiscard]] std::string newest() const;
  [[nodiscard]] std::string best() const;

 private:
  void main(const std::stop_token& stop);
  [[nodiscard]] Status put(const Work& work);

  const std::filesystem::path folder_;
  const std::size_t keep_;
  const std::function<void(const Error&)> on_fault_;
  bool told_ = false;  ///< the writer's thread alone

  mutable std::mutex mutex_{};
  std::condition_variable_any changed_{};
  std::optional<Work> waiting_{};
  std::optional<Work> waiting_best_{};
  bool writing_ = false;
  std::string newest_{};
  std::string best_{};
  std::jthread thread_{};  // last: ends before what it uses
};

}  // namespace feedline::inline training
