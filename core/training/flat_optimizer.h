// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/error.h"
#include "base/torch.h"
#include "plan/plan.h"
#include "schema/optimizer.h"
#include "training/flat_loops.h"
#include "training/flat_parameters.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace feedline::inline training {

/// The optimiser of a run: an OptimizerRule over flat parameters, and all that optimisers share. A step is begun once,
/// then each of `shards` threads takes its part of it, in pieces that stay in the processor's cache from the sum of the
/// replicas' gradients to the end: sum, clip, penalties, rule, average, gradients back to 0. On a GPU nothing is read
/// back.
///
/// The norm that clip_norm limits is that of all parameters after clip_value, in PyTorch's form (clip_grad_norm_): a
/// pass of its own goes before, and only then; that pass also tells whether all gradients are finite, where loss
/// scaling asks. The average of the weights is that of
/// torch.optim.swa_utils.AveragedModel with avg = ema * avg + (1 - ema) * weights and use_buffers, where buffers of
/// whole numbers are copied.
class FlatOptimizer {
 public:
  struct Options {
    std::size_t shards = 1;
    /// Only so many of them, from the first of them on, are stepped and have slots here (ZeRO stage 1); the others'
    /// weights come from other ranks, between apply() and follow(). 0: all of them.
    std::size_t own_shards = 0;
    std::size_t first_own = 0;
    std::uint64_t total_steps = 0;  ///< of the run; 0: nobody knows
    /// In place of the schedule: the learning rate of a step, from 0 on (tuning/find_rate.h).
    std::function<double(std::uint64_t step)> rate{};
    bool checks_finite = false;  ///< see all_finite()
  };
  /// A tensor of the model: the node of its layer, and its number of dimensions.
  struct Owner {
    std::string node{};
    std::int64_t dimensions = 0;
    std::int64_t depth = 0;  ///< see OptimizerSettings::depth_decay
    std::size_t part = 0;    ///< of the network, that begins to learn as a whole (learn()); 0: it learns from the start
  };

  /// `owners` in the order in which the tensors lie flat; `buffers` those that are averaged. Errors (node, parameter):
  /// a pattern of `rates` that matches no layer; a schedule that needs to know how long the run is, when it does not.
  [[nodiscard]] static Result<std::unique_ptr<FlatOptimizer>> make(const ModelPlan& plan,
                                                                   const FlatParameters& parameters,
                                                                   const std::vector<Owner>& owners,
                                                                   std::vector<at::Tensor> buffers, Options options);

  // One step: begin(); with measures() measure() of each shard, then limit(); apply() of each; finish(). Behind limit()
  // skip() may stand in place of the rest.
  /// `scale` multiplies the sum of the gradients first.
  void begin(double scale = 1);
  [[nodiscard]] bool measures() const { return clips_norm() || options_.checks_finite; }
  void measure(std::size_t shard);
  void limit();
  /// Was each number of the summed gradient finite before it was scaled and clipped? Of Options::checks_finite; waits
  /// for the device.
  [[nodiscard]] bool all_finite() const;
  /// The step is left out, as if it had not been begun, and its gradients are gone.
  void skip();
  void apply(std::size_t shard);
  /// With own_shards, behind apply() of all: each shard once more, when the weights of all are known.
  void follow(std::size_t shard);
  void finish();
  [[nodiscard]] bool is_sharded() const { return options_.own_shards > 0; }
  /// Where the pieces of these shards lie among the flat parameters.
  [[nodiscard]] FlatParameters::Range range_of(std::size_t first, std::size_t count) const;
  /// What slots() has: all of the parameters, or those of its own shards.
  [[nodiscard]] const FlatParameters::Range& kept() const { return kept_; }

  /// The part of the network learns from the next step on, with steps of its own counted from there, as PyTorch's
  /// optimisers count those of a parameter; again: nothing.
  void learn(std::size_t part);
  /// Behind how many steps each part of the network began to learn, by part; -1: it does not yet. What a run goes on
  /// from.
  [[nodiscard]] const std::vector<std::int64_t>& begun() const { return begun_; }
  /// Error: other parts.
  Status restore_begun(const std::vector<std::int64_t>& begun);

  /// Of the newest step; before the first, that of the first. Without the factors of single layers.
  [[nodiscard]] double learning_rate() const;
  [[nodiscard]] const OptimizerSettings& settings() const { return settings_; }
  /// The end of an epoch: a plateau's metric. Returns whether the rate drops.
  bool observe(double value, bool higher_is_better);

  /// Is there an average of the weights, which begins with the first step?
  [[nodiscard]] bool averages() const { return settings_.ema > 0 && step_ > 0; }
  /// The model has the average for weights and buffers from now on, or those that it trains again. Without an average,
  /// nothing happens. No step may be taken meanwhile. Returns whether the model has other weights than before.
  bool use_average(bool on);

  /// What a run goes on from. Tensors have the layout of the flat parameters, as far as kept(), and are the optimiser's
  /// own.
  struct Slot {
    std::string name{};
    at::Tensor tensor{};
  };
  struct Averaged {
    at::Tensor parameters{};  ///< flat
    std::vector<at::Tensor> buffers{};
  };
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  [[nodiscard]] std::int64_t steps() const { return step_; }
  [[nodiscard]] const PlateauState& plateau() const { return plateau_; }
  /// Both where averages(): the average, and the weights that are trained.
  [[nodiscard]] Averaged average() const { return swapped_ ? model_ : other_; }
  [[nodiscard]] Averaged trained() const { return swapped_ ? other_ : model_; }
  /// What is kept here has what lies on the devices of stages, behind FlatParameters::fetch(); and the way back, before
  /// its send(). Where nothing does, nothing happens.
  void fetch() const;
  void send() const;
  /// Copies what a validation measures, weights or their average, to the host; and takes it back, as both. Behind
  /// fetch(), before send().
  void copy_measured(Averaged& to) const;
  void restore_measured(const Averaged& from);
  /// Goes on behind that many steps; of 0, it starts afresh, and slots have their first values.
  void restart(std::int64_t steps, const PlateauState& plateau);

 private:
  /// Of neighbouring tensors that are treated alike.
  struct Group {
    bool penalties = true;
    double factor = 1;
    std::size_t part = 0;
    bool operator==(const Group&) const = default;
  };
  /// A piece of the parameters, and of all that belongs to it.
  struct Piece {
    FlatParameters::Range place{};
    at::Tensor weights{};
    std::vector<at::Tensor> gradients{};  ///< one a replica
    std::vector<float*> numbers{};        ///< theirs, where they are floats on the CPU
    std::vector<at::Tensor> slots{};
    at::Tensor average{};
    at::Tensor square{};  ///< one number of squares_
    at::Tensor finite{};  ///< one of finite_
    Group group{};
  };
  using Pieces = std::vector<Piece>;
  /// What belongs to FlatParameters::Away, on its device.
  struct AwayBlock {
    FlatParameters::Range place{};
    at::Tensor weights{};
    std::vector<at::Tensor> slots{};
    at::Tensor average{};  ///< or what is trained while the model has the average; undefined: there is none
    [[nodiscard]] at::Tensor part(const at::Tensor& block, const FlatParameters::Range& piece) const {
      return block.narrow(0, piece.first - place.first, piece.count);
    }
  };

  FlatOptimizer() = default;
  [[nodiscard]] bool clips_norm() const { return settings_.clip_norm > 0; }
  [[nodiscard]] GradientSum how_summed() const { return {.scale = scale_, .clip_value = settings_.clip_value}; }
  void cut(const FlatParameters& parameters, const std::vector<Group>& groups);
  void make_away(const FlatParameters& parameters);
  [[nodiscard]] const AwayBlock* away_at(std::int64_t place) const;
  void make_slots(const FlatParameters& parameters);
  [[nodiscard]] bool owns(std::size_t shard) const {
    return !is_sharded() || (shard >= options_.first_own && shard < options_.first_own + options_.own_shards);
  }
  void add_piece(const FlatParameters& parameters, std::size_t shard, std::int64_t first, std::int64_t count,
                 const Group& group);
  /// In which order a thread goes through its pieces, which are apart from each other.
  enum class Way { Forwards, Backwards };
  template <class Work>
  void on_pieces(std::size_t shard, Way way, const Work& work);
  /// Its gradients are plain numbers here, and nobody asks whether they are finite: training/flat_loops.h sums them.
  [[nodiscard]] static bool loops_over(const Piece& piece) { return !piece.numbers.empty() && !piece.finite.defined(); }
  [[nodiscard]] bool learns(const Piece& piece) const { return begun_[piece.group.part] >= 0; }
  void sum(const Piece& piece) const;
  void clip(const Piece& piece) const;
  void update(const Piece& piece) const;
  void average(const Piece& piece) const;
  void clear(const Piece& piece, bool summed) const;

  OptimizerSettings settings_{};
  Options options_{};
  std::unique_ptr<OptimizerRule> rule_{};
  std::vector<Slot> slots_{};
  std::vector<double> starts_{};  ///< of the slots
  FlatParameters::Range kept_{};  ///< of them
  Averaged model_{};              ///< what the model computes with
  Averaged other_{};              ///< the average, or what is trained while the model has the average; may be empty
  bool swapped_ = false;
  std::vector<AwayBlock> away_{};  ///< empty: all lies in one block
  std::vector<Pieces> pieces_{};   ///< by shard
  at::Tensor squares_{};           ///< of the gradient, a sum a piece; undefined: no norm is clipped
  at::Tensor finite_{};            ///< is the gradient, a piece; undefined: nobody asks
  at::Tensor clip_{};              ///< a number on a GPU, by which this step's gradient is scaled; undefined: none
  float clip_by_ = 1;              ///< the same, known on the host
  double scale_ = 1;
  double rate_ = 0;
  std::int64_t step_ = 0;
  PlateauState plateau_{};
  std::vector<std::int64_t> begun_{0};  ///< by part of the network
  std::size_t count_ = 0;               ///< pieces
};

}  // namespace feedline::inline training
