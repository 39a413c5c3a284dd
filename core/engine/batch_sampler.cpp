// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/batch_sampler.h"

#include <algorithm>

namespace feedline::inline engine {
namespace {

constexpr double kChunkNanos = 1e6;
constexpr std::size_t kFirstChunk = 8;

}  // namespace

BatchSampler::BatchSampler(const DataPlan& plan, std::uint32_t first_epoch, std::uint32_t epochs,
                           std::uint64_t first_batch, BatchShare share)
    : share_(share),
      records_(plan.sampler.count),
      batch_size_(static_cast<std::size_t>(std::max<std::int64_t>(plan.batch.size, 1))),
      batches_(plan.batch.drop_last ? records_ / batch_size_ : (records_ + batch_size_ - 1) / batch_size_),
      epoch_(first_epoch),
      left_(batches_ == 0 ? 0 : epochs),
      endless_(batches_ != 0 && epochs == 0),
      index_(first_batch) {
  if (batches_ == 0 || index_ < batches_) return;
  index_ = 0;
  ++epoch_;
  if (!endless_) --left_;
}

std::optional<RowRange> BatchSampler::next(std::size_t most) {
  if (done()) return std::nullopt;
  RowRange range{.batch = number_, .epoch = epoch_, .index = index_, .last_of_epoch = index_ + 1 == batches_};
  const std::uint64_t all = std::min<std::uint64_t>(batch_size_, records_ - index_ * batch_size_);
  const Rows own = share_.of(static_cast<std::int64_t>(all));
  range.first = static_cast<std::size_t>(own.first);
  range.batch_rows = static_cast<std::size_t>(own.count);
  range.row = row_;
  range.count = std::min(std::max<std::size_t>(most, 1), range.batch_rows - row_);
  row_ += range.count;
  if (row_ < range.batch_rows) return range;

  row_ = 0;
  ++number_;
  if (++index_ < batches_) return range;
  index_ = 0;
  ++epoch_;
  if (!endless_) --left_;
  return range;
}

ChunkSizer::ChunkSizer(std::size_t share)
    : limit_(std::clamp<std::size_t>(share, 1, kMax)), records_(std::min(kFirstChunk, limit_)) {}

void ChunkSizer::set_share(std::size_t share) {
  limit_ = std::clamp<std::size_t>(share, 1, kMax);
  records_ = std::min(records_, limit_);
}

void ChunkSizer::measured(std::size_t records, Nanos work) {
  if (records == 0) return;
  const double each = std::max(1.0, static_cast<double>(work) / static_cast<double>(records));
  nanos_per_record_ = nanos_per_record_ == 0 ? each : 0.8 * nanos_per_record_ + 0.2 * each;
  const double wanted = std::min(kChunkNanos / nanos_per_record_, static_cast<double>(kMax));
  const std::size_t smooth = std::min(static_cast<std::size_t>(wanted), 2 * records_);
  records_ = std::clamp<std::size_t>(smooth, 1, limit_);
}

}  // namespace feedline::inline engine
