// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/run_writer.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

namespace feedline::inline runs {

/// Writes a run into the record while it goes on, on a thread of its own: twice a second, each time in one transaction,
/// so that whatever ends the program takes half a second with it. Nobody ever waits for the disk but the end of this
/// object: what is told meanwhile is gathered, bounded in size. A fault of the disk is told once and ends nothing; what
/// could not be written is tried again with what comes next.
class RunRecorder {
 public:
  /// From the recorder's thread, once at most.
  using OnFault = std::function<void(const Error&)>;

  RunRecorder(RunHeader header, std::filesystem::path file, OnFault on_fault = {},
              std::chrono::milliseconds period = std::chrono::milliseconds(500));
  /// As close().
  ~RunRecorder();
  RunRecorder(const RunRecorder&) = delete;
  RunRecorder& operator=(const RunRecorder&) = delete;

  /// From any thread; returns at once. Sets of columns but the first are ignored, with their samples.
  void tell(RunNews news);
  /// Writes what is left and joins; its number in the record, 0 if it could not be written. What is told later is lost.
  std::int64_t close();
  /// Of the run in the record; 0 while it is not there.
  [[nodiscard]] std::int64_t id() const { return id_.load(); }
  /// When it began, seconds since 1970; known as soon as its number is.
  [[nodiscard]] double started_at() const { return started_at_.load(); }

 private:
  void main();
  [[nodiscard]] Status flush(std::optional<Database>& database, RunNews news);

  RunWriter writer_;
  std::filesystem::path file_;
  OnFault on_fault_;
  std::chrono::milliseconds period_;
  std::atomic<std::int64_t> id_{0};
  std::atomic<double> started_at_{0};

  std::mutex mutex_{};
  std::condition_variable wake_{};
  RunNews news_{};
  bool urgent_ = false;  ///< a run's beginning and end are written at once
  bool end_ = false;
  std::jthread thread_{};  // last: ends before what it uses
};

}  // namespace feedline::inline runs
