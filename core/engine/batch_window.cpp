// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/batch_window.h"

#include <algorithm>
#include <utility>

namespace feedline::inline engine {

BatchWork* BatchWindow::open(const RowRange& range) {
  if (range.batch < delivered_ + batches_.size()) return batches_[range.batch - delivered_].get();
  std::unique_ptr<BatchWork> batch;
  if (spare_.empty()) {
    batch = std::make_unique<BatchWork>();
  } else {
    batch = std::move(spare_.back());
    spare_.pop_back();
  }
  batch->number = range.batch;
  batch->epoch = range.epoch;
  batch->index = range.index;
  batch->last_of_epoch = range.last_of_epoch;
  batch->rows = batch->open_rows = batch->drawn = range.batch_rows;
  batch->missing.clear();
  batch->good = 0;
  batch->finished = false;
  batch->record_ids.assign(range.batch_rows, 0);
  batch->bad.assign(range.batch_rows, 0);
  batch->faults.clear();
  batch->parts.clear();
  batches_.push_back(std::move(batch));
  return batches_.back().get();
}

BatchWork* BatchWindow::ready() const { return ready_ > 0 ? batches_.front().get() : nullptr; }

void BatchWindow::finish(BatchWork* batch) {
  batch->finished = true;
  while (ready_ < batches_.size() && batches_[ready_]->finished) ++ready_;
}

std::unique_ptr<BatchWork> BatchWindow::take() {
  std::unique_ptr<BatchWork> batch = std::move(batches_.front());
  batches_.pop_front();
  --ready_;
  ++delivered_;
  return batch;
}

void BatchWindow::recycle(std::unique_ptr<BatchWork> batch) {
  batch->buffer.reset();
  batch->parts.clear();
  spare_.push_back(std::move(batch));
}

QueueLevel BatchWindow::level() const {
  const auto waiting = static_cast<std::size_t>(
      std::count_if(batches_.begin(), batches_.end(), [](const auto& b) { return b->finished; }));
  return {.fill = std::min(1.0, static_cast<double>(waiting) / static_cast<double>(prefetch_)),
          .waiting = waiting,
          .capacity = on_demand_ ? 0 : prefetch_};
}

}  // namespace feedline::inline engine
