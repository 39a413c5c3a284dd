// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What an optimiser is. Its node's file in nodes/model has an OptimizerRule; training/flat_optimizer.h does the rest:
// penalties, clipping, schedule, groups, the average of the weights, and the state that a run goes on from.

#include "base/error.h"
#include "schema/schedule.h"
#include "schema/value.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace at {
class Tensor;
}

namespace feedline::inline schema {

struct NodeSpec;

/// What every optimiser is asked for, besides what its own rule needs. nodes/model/optimizer_params.h declares them.
struct OptimizerSettings : ScheduleSettings {
  /// L2: this share of each weight is added to its gradient, as in PyTorch. Optimisers that decouple it (Loshchilov and
  /// Hutter 2019) take the share, times the learning rate, off the weight itself.
  double weight_decay = 0;
  bool decouples_decay = false;     ///< which of the two: said by the optimiser, no parameter
  double l1 = 0;                    ///< added to the gradient with the weight's sign
  bool decay_norm_and_bias = true;  ///< false: tensors of one dimension (biases, scales and shifts) have no penalty
  double clip_norm = 0;             ///< most that the norm of all gradients together may be; 0: any
  double clip_value = 0;            ///< most that one number of the gradient may be; 0: any
  double ema = 0;                   ///< decay of the average of the weights; 0: none is kept
  double depth_decay = 1;           ///< each part of the network learns by this share of the rate of that behind it
  std::vector<std::string>
      rates{};  ///< "PATTERN=FACTOR": layers whose learning rate is multiplied; the last one counts
};

/// What a rule keeps of each weight between two steps.
struct OptimizerSlot {
  std::string_view name{};  ///< PyTorch's: "exp_avg"
  double start = 0;         ///< before the first step
};

/// A part of the weights, in one step. All tensors are flat and of one length: views of longer ones, to be changed in
/// place.
struct OptimizerUpdate {
  const at::Tensor& weights;
  const at::Tensor& gradient;           ///< penalties are in it; may be overwritten
  std::span<const at::Tensor> slots{};  ///< in the order of slots()
  std::int64_t step = 1;                ///< from 1
  double learning_rate = 0;
  double weight_decay = 0;  ///< 0 unless the rule decouples it
};

/// How an optimiser changes weights. Without state: one object serves all threads.
class OptimizerRule {
 public:
  virtual ~OptimizerRule() = default;
  [[nodiscard]] virtual std::vector<OptimizerSlot> slots() const = 0;
  /// update() must see each tensor of a layer as a whole, because it does not treat every number by itself.
  [[nodiscard]] virtual bool by_tensor() const { return false; }
  virtual void update(const OptimizerUpdate& update) const = 0;
};

/// One entry of OptimizerSettings::rates taken apart.
struct LayerRate {
  std::string pattern{};  ///< of the ids of nodes, with * and ?
  double factor = 1;
};

/// Error: not "PATTERN=FACTOR" with a number that is not negative.
[[nodiscard]] Result<LayerRate> parse_layer_rate(std::string_view text);
/// Does the pattern, in which * stands for any text and ? for one byte, match the whole name?
[[nodiscard]] bool matches_layer(std::string_view pattern, std::string_view name);

/// The learning rate over a run of `total` steps, of an optimiser's node with these parameters; see rate_curve(). Empty
/// where the node is no optimiser.
[[nodiscard]] std::vector<RatePoint> rate_curve(const NodeSpec& spec, const ParamMap& params, std::uint64_t total,
                                                std::size_t points = 256);

}  // namespace feedline::inline schema
