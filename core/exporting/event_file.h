// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What TensorBoard shows of a run, as it goes on.

#include "graph/document.h"
#include "training/run.h"
#include "training/run_watch.h"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace feedline::inline exporting {

/// CRC-32C (Castagnoli) of bytes, masked as TFRecord wants it: rotated right by 15 bits, plus a constant, so that a sum
/// of bytes that hold sums is no special case. Source: tensorflow/core/lib/hash/crc32c.h.
[[nodiscard]] std::uint32_t masked_crc32c(std::string_view bytes);

/// A folder for one run below that of all, "GRAPH 20261128-061105", so that TensorBoard shows them side by side.
[[nodiscard]] std::filesystem::path event_folder(const std::filesystem::path& all, const std::string& graph);

/// A file of events in a folder of its own for the run, "events.out.tfevents...": records of TFRecord with one Event
/// message each. It has the graph, the loss of training as often as it is looked at, all metrics, learning rate and
/// speed of each epoch, and, as the watch of the run, pictures of its first batch and histograms of weights and
/// gradients behind its last; of short epochs as many as a second leaves time for.
///
/// Whatever is taken is worked on and written by a thread of its own: no call waits for it but status(). From any
/// thread.
class EventFile final : public RunWatch {
 public:
  /// Errors: it cannot be written (file, remedy).
  [[nodiscard]] static Result<std::shared_ptr<EventFile>> open(const std::filesystem::path& folder,
                                                               const Document& document);
  /// The file is made later. `on_fault`: is told once that it cannot be written, from the file's own thread.
  EventFile(std::filesystem::path folder, Document document, std::function<void(const Error&)> on_fault = {});
  /// Writes what there is.
  ~EventFile() override;
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  void take(const Snapshot& now);
  void take(const Fact& fact);
  [[nodiscard]] bool wants_rows() override;
  [[nodiscard]] bool wants_tensors() override;
  void take(WatchedRows rows) override;
  void take(WatchedTensors tensors) override;
  /// Waits until all is written, and says what kept it from being so: a full disk, say. Error: names the file.
  [[nodiscard]] Status status();

 private:
  /// What the thread has still to do.
  struct Waiting {
    std::string events{};  ///< framed
    std::optional<WatchedRows> rows{};
    std::optional<WatchedTensors> tensors{};
    [[nodiscard]] bool any() const { return !events.empty() || rows || tensors; }
  };
  void main(const std::stop_token& stop);
  void make();
  void write(const Waiting& work);
  void note_fault(Error error);
  void put(std::string_view event);
  void scalar(std::uint64_t step, const std::string& tag, double value);
  void hurry();

  std::filesystem::path folder_;
  Document document_;
  std::function<void(const Error&)> on_fault_;
  std::filesystem::path path_{};
  std::ofstream file_{};  ///< the thread's alone

  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  Waiting waiting_{};
  bool due_ = false;
  bool busy_ = true;    ///< with making the file, at first
  bool shows_ = false;  ///< pictures or histograms are being drawn and written
  std::optional<Error> fault_{};
  std::uint64_t last_step_ = 0;
  Nanos flushed_at_ = 0;
  std::optional<Nanos> rows_at_{};
  std::optional<Nanos> tensors_at_{};
  std::jthread thread_{};  // last: ends before what it uses
};

}  // namespace feedline::inline exporting
