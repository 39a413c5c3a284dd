// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "training/flat_parameters.h"

#include <cstddef>
#include <vector>

namespace feedline::inline training {

class ProcessGroup;

/// Flat tensors of which each rank has worked out a part (ZeRO stage 1: Rajbhandari et al., 2020, arXiv:1910.02054).
class ShardGather {
 public:
  /// `parts`: by rank; together they are all of the tensor, or all that counts. `chunk`: numbers of each part that are
  /// exchanged at once, which bounds the memory that it takes.
  ShardGather(ProcessGroup& group, std::vector<FlatParameters::Range> parts,
              std::int64_t chunk = std::int64_t{1} << 18);

  /// Every rank gets the parts of the others, as they are there. All ranks call it. Throws as with_ranks() does.
  void gather(const at::Tensor& flat);

 private:
  ProcessGroup& group_;
  std::vector<FlatParameters::Range> parts_;
  std::int64_t chunk_;
  std::int64_t longest_ = 0;
};

}  // namespace feedline::inline training
