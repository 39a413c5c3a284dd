// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What TensorBoard shows of a run, as it goes on.

#include "graph/document.h"
#include "training/run.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace feedline::inline exporting {

/// CRC-32C (Castagnoli) of bytes, masked as TFRecord wants it: rotated right by 15 bits, plus a constant, so that a sum
/// of bytes that hold sums is no special case. Source: tensorflow/core/lib/hash/crc32c.h.
[[nodiscard]] std::uint32_t masked_crc32c(std::string_view bytes);

/// A file of events in a folder of its own for the run, "events.out.tfevents...": records of TFRecord with one Event
/// message each. It has the graph, the loss of training as often as it is looked at, and all metrics, learning rate and
/// speed of each epoch. Written by whoever watches the run, off the threads that train; flushed once a second, so that
/// TensorBoard follows.
class EventFile {
 public:
  /// Errors: it cannot be written (file, remedy).
  [[nodiscard]] static Result<std::unique_ptr<EventFile>> open(const std::filesystem::path& folder,
                                                               const Document& document);

  void take(const Snapshot& now);
  void take(const Fact& fact);
  /// What has kept it from writing since it was opened: a full disk, say. Error: names the file.
  [[nodiscard]] Status status() const;

 private:
  explicit EventFile(std::filesystem::path path) : path_(std::move(path)), file_(path_, std::ios::binary) {}
  void put(std::string_view event);
  void scalar(std::uint64_t step, const std::string& tag, double value);

  std::filesystem::path path_;
  std::ofstream file_;
  std::uint64_t last_step_ = 0;
  Nanos flushed_at_ = 0;
};

}  // namespace feedline::inline exporting
