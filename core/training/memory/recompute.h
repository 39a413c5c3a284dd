// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "schema/behaviour.h"

#include <functional>
#include <utility>
#include <vector>

namespace feedline::inline training {

/// Runs some layers. `inputs` are leaves; what is given back belongs to their graph with `keeps_graph`, and else to
/// none, but requires a gradient where it would.
using BlockPass = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs, bool keeps_graph)>;

/// Where generators and running statistics of some layers stand.
class BlockState {
 public:
  /// A copy of what they are now.
  explicit BlockState(const std::vector<Layer*>& layers);
  /// The layers go on from the copy, and the copy is of where they were. Autograd is told nothing: it may have saved
  /// these very buffers for backward passes that are still to come.
  void exchange();

 private:
  struct One {
    Layer* layer = nullptr;
    std::vector<std::byte> random{};
    std::vector<std::pair<at::Tensor, at::Tensor>> buffers{};  ///< the layer's, and the copy
  };
  std::vector<One> layers_{};
};

/// Runs `pass` so that the graph keeps `inputs` alone of it. Backward runs it a second time, from where the layers'
/// generators and statistics stood, and puts these back to where it found them: what it draws, the loss and the
/// gradients have the bytes of a pass that keeps everything, and statistics are updated once. (Where backward adds up
/// three gradients or more of one tensor, some of them from within the block, their order may differ.) `parameters`:
/// those of the layers. `pass` and `layers` must live until backward is done.
[[nodiscard]] std::vector<at::Tensor> recomputed(BlockPass pass, const std::vector<Layer*>& layers,
                                                 const std::vector<at::Tensor>& inputs,
                                                 const std::vector<at::Tensor>& parameters);

}  // namespace feedline::inline training
