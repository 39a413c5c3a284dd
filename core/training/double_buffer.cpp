// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/double_buffer.h"

#include <chrono>
#include <exception>
#include <thread>

namespace feedline::inline training {

DoubleBuffer::~DoubleBuffer() {
  try {
    for (std::size_t slot = 0; slot < kSlots; ++slot) wait_for_copy(slot);
  } catch (const std::exception&) {  // a lost device copies nothing any more
  }
}

void DoubleBuffer::wait_for_copy(std::size_t slot) {
  if (!held_[slot]) return;
  while (!lane_.copied(slot)) std::this_thread::sleep_for(std::chrono::microseconds(50));
  held_[slot].reset();
}

std::size_t DoubleBuffer::put(const Batch& batch) {
  const std::size_t other = newest_;
  newest_ = (newest_ + 1) % kSlots;
  wait_for_copy(newest_);
  if (held_[other] && lane_.copied(other)) held_[other].reset();
  held_[newest_] = batch;
  lane_.copy(newest_, batch);
  lane_.begin_step(newest_);
  return newest_;
}

void DoubleBuffer::step_queued() { lane_.end_step(newest_); }

}  // namespace feedline::inline training
