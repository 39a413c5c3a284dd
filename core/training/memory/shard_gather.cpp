// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/memory/shard_gather.h"

#include "training/ranks/process_group.h"
#include "training/ranks/with_ranks.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {

ShardGather::ShardGather(ProcessGroup& group, std::vector<FlatParameters::Range> parts, std::int64_t chunk)
    : group_(group), parts_(std::move(parts)), chunk_(chunk) {
  for (const FlatParameters::Range& part : parts_) longest_ = std::max(longest_, part.count);
  chunk_ = std::min(chunk_, longest_);
}

/// Parts may differ in length: rows are as long as the longest, and what stands behind a shorter one is left there.
void ShardGather::gather(const at::Tensor& flat) {
  const torch::NoGradGuard no_gradients;
  with_ranks([&] {
    const auto ranks = static_cast<std::int64_t>(parts_.size());
    for (std::int64_t at = 0; at < longest_; at += chunk_) {
      const std::int64_t width = std::min(chunk_, longest_ - at);
      const auto piece = [&](std::int64_t rank) {
        const FlatParameters::Range& part = parts_[static_cast<std::size_t>(rank)];
        const std::int64_t count = std::clamp<std::int64_t>(part.count - at, 0, width);
        return flat.narrow(0, count == 0 ? 0 : part.first + at, count);
      };
      const at::Tensor own = at::zeros({width}, flat.options());
      const at::Tensor mine = piece(group_.world().rank);
      own.narrow(0, 0, mine.numel()).copy_(mine);
      const at::Tensor all = at::empty({ranks, width}, flat.options());
      group_.all_gather(own, all)->wait();
      for (std::int64_t rank = 0; rank < ranks; ++rank) {
        if (rank == group_.world().rank) continue;
        const at::Tensor theirs = piece(rank);
        theirs.copy_(all.select(0, rank).narrow(0, 0, theirs.numel()));
      }
    }
  });
}

}  // namespace feedline::inline training
