// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/backbone/backbone_layer.h"
#include "nodes/model/backbone/batch_norm_fold.h"
#include "nodes/model/backbone/conv_net.h"
#include "nodes/model/backbone/tensor_tree.h"
#include "nodes/model/packed/packed_conv.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Runs a ConvNet. Starting weights are torchvision's: normal, with the variance 2 / (out · kernel²) (He et al., 2015).
///
/// A convolution whose weights are frozen together with its norm is one convolution with folded weights, and nothing
/// is kept for a backward pass of it. On the CPU its filters are packed once, and the sum and the function behind it
/// are the end of the product; blocks in front of all that learns run a few pictures at a time, as many as stay in a
/// cache.
class ConvNetLayer final : public BackboneLayer {
 public:
  /// `map`: gives N×C×h×w; else the mean of each channel, N×C.
  ConvNetLayer(ConvNet net, PretrainedSettings settings, bool map);

  at::Tensor forward(std::span<const at::Tensor> in) override;
  /// The filters of the first convolution, of three colours, are added up for grey pictures.
  [[nodiscard]] at::Tensor adapted(std::string_view own_name, const at::Tensor& found) const override;

 private:
  struct Unit {
    ConvUnit is{};
    NormedConv tensors{};
    at::Tensor bias{};    ///< of a convolution without a norm
    bool keeps = false;   ///< the norm uses its running statistics and does not change them
    bool folded = false;  ///< the two are one convolution
    KeptFold<FoldedConv> fold{};
    KeptFold<PackedFilters> packed{};
  };
  struct Block {
    ConvBlock is{};
    std::vector<Unit> units{};
    std::vector<Unit> squeeze{};
    std::vector<Unit> shortcut{};
    std::size_t stage = 0;
  };

  [[nodiscard]] static std::vector<Unit> made(TensorTree& tree, const std::vector<ConvUnit>& units);
  void note_frozen() override;
  [[nodiscard]] at::Tensor run(Block& block, at::Tensor x);
  /// Blocks [0, frozen_ahead_).
  [[nodiscard]] at::Tensor run_ahead(at::Tensor x);
  /// `other`: added behind the norm, in front of `function`.
  [[nodiscard]] at::Tensor run(Unit& unit, const at::Tensor& x, UnitFunction function, const at::Tensor& other = {});
  [[nodiscard]] at::Tensor run(Unit& unit, const at::Tensor& x) { return run(unit, x, unit.is.function); }
  /// Of a folded unit: as run(), where no gradient is asked of it. Undefined: it is left to LibTorch.
  [[nodiscard]] at::Tensor run_fixed(Unit& unit, const at::Tensor& x, UnitFunction function, const at::Tensor& other);
  [[nodiscard]] static const FoldedConv& folded_of(Unit& unit);
  [[nodiscard]] bool minimal(const Unit& unit, const at::Tensor& x) const;
  [[nodiscard]] at::Tensor convolved(const Unit& unit, const at::Tensor& x, const at::Tensor& weight,
                                     const at::Tensor& bias) const;

  std::vector<Block> blocks_{};
  std::size_t frozen_ahead_ = 0;  ///< blocks in front of all that learn
  bool map_;
};

}  // namespace feedline::inline nodes

#endif
