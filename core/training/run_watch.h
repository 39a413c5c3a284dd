// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a run shows of its inside, besides what it measures: copies, for whoever draws them.

#include "engine/preview.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline training {

/// A row of a batch, as the network takes it: augmented and normalised.
struct WatchedRow {
  std::uint64_t record = 0;  ///< index in the source
  PreviewValue value{};      ///< its port is the field of the batch
};

/// Pictures of the first training batch of an epoch; not empty.
struct WatchedRows {
  std::uint32_t epoch = 0;  ///< from 1
  std::uint64_t step = 0;   ///< which takes them
  std::vector<WatchedRow> rows{};
};

/// What learns, behind the last step of an epoch.
struct WatchedTensors {
  /// Which numbers belong to one parameter; in no particular order.
  struct Part {
    std::string name{};  ///< "hidden.weight"
    std::size_t first = 0;
    std::size_t count = 0;
  };
  std::uint32_t epoch = 0;
  std::uint64_t step = 0;
  std::vector<Part> parts{};     ///< none: nothing here has weights that gradients change
  std::vector<float> weights{};  ///< of all parts; some numbers may belong to none
  /// Of that step, of the same layout: before it is clipped, without the scale of the loss. Empty: it was not taken.
  std::vector<float> gradients{};
};

/// Whoever looks. All calls come from the run's thread, and must return at once: what is handed over is worked on
/// elsewhere. Nothing is copied while it is not wanted.
class RunWatch {
 public:
  virtual ~RunWatch() = default;
  /// Asked at the first batch of an epoch, and at its last.
  [[nodiscard]] virtual bool wants_rows() = 0;
  [[nodiscard]] virtual bool wants_tensors() = 0;
  virtual void take(WatchedRows rows) = 0;
  virtual void take(WatchedTensors tensors) = 0;
};

}  // namespace feedline::inline training
