// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/preview_view.h"
#include "training/run_watch.h"
#include "training/trainer_loop.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::size_t kWatchedRows = 4;
/// Of a picture that is copied: 1000 x 1000 in colour, as floats.
constexpr std::size_t kMostWatchedBytes = 12'000'000;

/// The first rows of each field that has pictures.
std::vector<WatchedRow> picture_rows(const DataPlan& data, const Batch& batch) {
  std::vector<WatchedRow> rows;
  for (std::size_t f = 0; f < data.fields.size(); ++f) {
    const BatchField& field = data.fields[f];
    const std::size_t bytes = field.record_bytes();
    if (field.capacity != 0 || bytes == 0 || bytes > kMostWatchedBytes) continue;
    for (std::size_t row = 0; row < std::min(batch.records, kWatchedRows); ++row) {
      const std::byte* from = batch.buffer->fields[f] + row * bytes;
      PreviewValue value{.port = field.name, .desc = field.record, .data = {from, from + bytes}};
      if (form_of(value) != PreviewForm::Picture) break;
      rows.push_back({batch.record_ids[row], std::move(value)});
    }
  }
  return rows;
}

/// A run goes on where there is no memory to show it.
template <class Work>
void if_there_is_memory(const Work& work) {
  try {
    work();
  } catch (const std::exception&) {  // std::bad_alloc, or LibTorch's own of it
  }
}

}  // namespace

/// Before the step on a batch: what the watch wants of it.
void TrainerLoop::watch(const Batch& batch) {
  if (options_.replay_batches || batch.records == 0) return;
  state_.meter.enter(Phase::Other);
  if_there_is_memory([&] {
    if (batch.index == 0 && options_.watch->wants_rows()) {
      WatchedRows shown{.epoch = epoch_, .step = steps_ + 1, .rows = picture_rows(plan_->train, batch)};
      if (!shown.rows.empty()) options_.watch->take(std::move(shown));
    }
    if (!batch.last_of_epoch || !options_.watch->wants_tensors()) return;
    learner_.keep_gradient();
    watched_ = true;
  });
}

/// Behind the last step of an epoch.
void TrainerLoop::show_tensors() {
  if (!std::exchange(watched_, false)) return;
  if_there_is_memory([&] {
    WatchedTensors shown = learner_.tensors();
    if (shown.parts.empty()) return;
    shown.epoch = epoch_;
    shown.step = steps_;
    options_.watch->take(std::move(shown));
  });
}

}  // namespace feedline::inline training
