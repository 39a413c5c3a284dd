// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "engine/batch.h"

#include <array>
#include <cstddef>
#include <optional>

namespace feedline::inline training {

/// A device's queues, as double buffering needs them. Everything but copied() only puts work into a queue. Slots are
/// places for a batch on the device.
class UploadLane {
 public:
  virtual ~UploadLane() = default;
  /// On the queue of copies: waits until steps that read the slot are over, then copies the batch there.
  virtual void copy(std::size_t slot, const Batch& batch) = 0;
  /// Has the slot's newest copy been made? Never waits.
  virtual bool copied(std::size_t slot) = 0;
  /// On the queue of steps: what follows waits for the slot's copy.
  virtual void begin_step(std::size_t slot) = 0;
  /// On the queue of steps: the end of what reads the slot.
  virtual void end_step(std::size_t slot) = 0;
};

/// Brings batches to a device through two slots in turn: while the steps on one slot run, the next batch is copied into
/// the other. The host goes ahead of the device by two batches; only when it would go further does it wait, so the
/// device always has work. A batch is held, for its page-locked memory is read, until its copy has been made.
class DoubleBuffer {
 public:
  static constexpr std::size_t kSlots = 2;

  explicit DoubleBuffer(UploadLane& lane) : lane_(lane) {}
  /// Waits for the copies.
  ~DoubleBuffer();
  DoubleBuffer(const DoubleBuffer&) = delete;
  DoubleBuffer& operator=(const DoubleBuffer&) = delete;

  /// Queues the copy of a batch and makes the step that is queued next wait for it. Returns its slot.
  std::size_t put(const Batch& batch);
  /// The step that reads the newest batch has been queued.
  void step_queued();

 private:
  void wait_for_copy(std::size_t slot);

  UploadLane& lane_;
  std::array<std::optional<Batch>, kSlots> held_{};
  std::size_t newest_ = kSlots - 1;
};

}  // namespace feedline::inline training
