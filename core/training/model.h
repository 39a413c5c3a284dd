// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/clock.h"
#include "base/torch.h"
#include "plan/plan.h"
#include "plan/recompute.h"
#include "training/metric.h"
#include "training/precision.h"
#include "training/step_fault.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {

/// Which records the rows of a batch are.
struct BatchRows {
  std::span<const std::uint64_t> records{};  ///< index in the source; empty: not known
  bool training = true;                      ///< of the training data, or of validation's
};

/// The Error for whatever the library threw while `node` worked: lack of memory gets its own remedy.
[[nodiscard]] Error library_error(const std::exception& fault, const std::string& node);

class FrozenFeatures;

/// The network and its loss, built from a ModelPlan on one device.
///
/// A replica is another Model, whose parameters are then made views of the same numbers (see replicas.h); nothing else
/// is shared between two of them.
class Model {
 public:
  /// The starting weights of a layer depend on the seed and its key alone, not on which other layers there are. A plan
  /// without a loss gives a model that can only be looked at, by layer_output(). Files of weights are left to
  /// load_weights() (training/load_weights.h). Errors name the node; FreezingSettings::freeze names no layer.
  /// `stages`: the device of each stage (LayerPlan::stage), in place of `device`, where batches come from then; empty:
  /// there is one for all.
  [[nodiscard]] static Result<std::unique_ptr<Model>> build(const ModelPlan& plan, at::Device device,
                                                            std::uint64_t seed, const Format& format = {},
                                                            const std::vector<at::Device>& stages = {});

  /// What a forward pass leaves behind.
  struct Outcome {
    at::Tensor loss{};                 ///< mean over the batch, a scalar
    std::vector<Compared> compared{};  ///< what each loss was given, in the order of comparisons()
  };

  /// Runs all layers and the loss on one batch; `fields` are in the order of the batch node's ports. Layer by layer,
  /// letting go of what no later layer reads. A stop takes effect between layers (and slices of heavy layers), in
  /// backward() as well: StepCancelled. Faults: StepFailed, naming the node.
  [[nodiscard]] Outcome forward(std::span<const at::Tensor> fields, const std::stop_token& stop,
                                const BatchRows& rows = {});
  /// One stage's part of forward() (LayerPlan::stage). `outputs` has what earlier stages give, by layer, and gets what
  /// these layers give; what losses compare is added to `compared`. The last stage returns the loss, others nothing.
  /// Stages may do so at the same time. Stop and faults as above.
  [[nodiscard]] at::Tensor stage_forward(std::span<const at::Tensor> fields, std::size_t stage,
                                         const std::stop_token& stop, std::vector<at::Tensor>& outputs,
                                         std::vector<Compared>& compared);
  /// What passes through a layer take.
  struct LayerMeter {
    Nanos forward = 0;      ///< of those with gradients
    std::size_t bytes = 0;  ///< that it gave the last time
  };
  /// They are written there from now on, by layer, for as long as it and the model live; null: no longer. `waits`: for
  /// the device behind each layer; else the time of a GPU's layer is what starting it takes.
  void measure_layers(std::vector<LayerMeter>* meters, bool waits = false) {
    meters_ = meters;
    waits_ = waits;
  }
  /// How long backward has computed blocks again so far. Of a GPU, how long it took to start that.
  [[nodiscard]] Nanos recomputing() const { return recomputing_.load(std::memory_order_relaxed); }
  /// Runs the layers as far as one of them and returns what leaves it; for looking at it. Stop and faults as above.
  [[nodiscard]] at::Tensor layer_output(std::span<const at::Tensor> fields, std::size_t layer,
                                        const std::stop_token& stop);
  /// Gradients of `loss`, times `weight`, added to the parameters'.
  void backward(const at::Tensor& loss, double weight = 1) const;

  void train(bool on);
  /// What frozen layers give of a record is looked up there, where it does not change, and they are not run; shared by
  /// the replicas. Null: all layers are run.
  void look_up(std::shared_ptr<FrozenFeatures> features) { features_ = std::move(features); }
  /// The layers up to that of `layer`, as far as `run` says; without gradients.
  [[nodiscard]] at::Tensor frozen_output(std::span<const at::Tensor> fields, std::size_t layer,
                                         const std::vector<bool>& run, const std::stop_token& stop);
  /// Which layers give the same of a record in every epoch, as long as their inputs are the same: wholly frozen ones,
  /// and those without weights that draw nothing and mix no rows. By layer.
  [[nodiscard]] std::vector<bool> constant_layers() const;
  /// Starts the generators of layers that draw random numbers.
  void seed(std::uint64_t seed);
  /// Gradual unfreezing: from now on the stages of backbones learn that are to do so in this epoch, from 1 on. Returns
  /// whether that are others than before.
  bool learn_in(std::uint32_t epoch);
  /// Those that learn, or will in a later epoch (PretrainedSettings::unfreeze_every).
  [[nodiscard]] std::vector<at::Tensor> parameters() const;
  /// What layers remember besides: running statistics.
  [[nodiscard]] std::vector<at::Tensor> buffers() const;
  [[nodiscard]] std::uint64_t parameter_count() const;

  /// A tensor of a layer with the name that it has in a TrainingState: "hidden.weight".
  struct Named {
    std::string name{};
    at::Tensor tensor{};
  };
  /// The same as parameters() and buffers(), in their order.
  [[nodiscard]] std::vector<Named> named_parameters() const;
  [[nodiscard]] std::vector<Named> named_buffers() const;
  /// Parameters that never learn.
  [[nodiscard]] std::vector<Named> named_frozen() const;
  /// Which of buffers() a pass in training may change: not those of norms that keep their statistics.
  [[nodiscard]] std::vector<bool> moving_buffers() const;
  /// Where a parameter stands in the network.
  struct Place {
    std::string node{};
    std::size_t layer = 0;
    std::size_t stage = 0;   ///< of a backbone; 0 of other layers
    bool thaws = false;      ///< it learns in a later epoch only
    std::int64_t depth = 0;  ///< parts with weights (layers, stages of backbones) between its own and the loss
  };
  /// Of parameters(), in their order.
  [[nodiscard]] std::vector<Place> parameter_places() const;
  /// Layers, for what is loaded into them.
  [[nodiscard]] std::size_t layer_count() const { return layers_.size(); }
  [[nodiscard]] Layer& layer(std::size_t index) const { return *layers_[index]; }
  [[nodiscard]] const ModelPlan& plan() const { return plan_; }
  /// Where the generators of layers that draw random numbers stand, by the key of the layer's node.
  [[nodiscard]] std::map<std::string, std::vector<std::byte>> random_states() const;
  /// Layers that are not named keep theirs.
  void set_random_states(const std::map<std::string, std::vector<std::byte>>& states);
  /// Of batches.
  [[nodiscard]] at::Device device() const { return device_; }
  /// Of losses and what they compare.
  [[nodiscard]] at::Device loss_device() const { return placed_.empty() ? device_ : placed_.back(); }
  [[nodiscard]] at::Device stage_device(std::size_t stage) const { return placed_.empty() ? device_ : placed_[stage]; }
  /// Has each stage a device of its own?
  [[nodiscard]] bool is_placed() const { return !placed_.empty(); }
  /// The stage of each of parameters(), where is_placed(); else empty.
  [[nodiscard]] std::vector<std::size_t> parameter_groups() const;
  [[nodiscard]] const Format& format() const { return format_; }
  [[nodiscard]] const std::string& loss_node() const { return plan_.loss.node; }

 private:
  explicit Model(const ModelPlan& plan) : plan_(plan) {}
  [[nodiscard]] at::Tensor run_layer(std::size_t index, std::span<const at::Tensor> in, const std::stop_token& stop);
  /// The first `count` layers, each letting go of what no later one reads; of them only those of `run`, where that is
  /// not empty, and `outputs` may have those of others. What losses among them compare is added to `compared`, where
  /// that is wanted.
  void run_layers(std::span<const at::Tensor> fields, std::size_t count, const std::stop_token& stop,
                  std::vector<Compared>* compared, std::vector<at::Tensor>& outputs, const std::vector<bool>& run = {});
  /// What training may not keep of layers from this one on; null: it keeps what this layer needs for backward.
  [[nodiscard]] const RecomputeBlock* block_at(std::size_t layer, std::size_t count,
                                               const std::vector<bool>& run) const;
  /// The layers of a block, from what enters it to what leaves it.
  [[nodiscard]] std::vector<at::Tensor> run_block(const RecomputeBlock& block, std::span<const at::Tensor> fields,
                                                  std::span<const at::Tensor> entering, const std::stop_token& stop,
                                                  bool keeps_graph);
  /// The same, of which the graph keeps what enters alone (training/memory/recompute.h).
  void run_and_forget(const RecomputeBlock& block, std::span<const at::Tensor> fields, const std::stop_token& stop,
                      std::vector<at::Tensor>& outputs);
  /// Notes what a layer took, and lets go of what no later one reads.
  void count_layer(std::size_t layer, Nanos started, const at::Tensor& output);
  void let_go(std::size_t layer, std::vector<at::Tensor>& outputs) const;
  /// Names a layer's tensors.
  [[nodiscard]] const std::string& key(std::size_t layer) const;
  /// Has layers that are frozen by name not learn.
  [[nodiscard]] Status freeze();
  template <class Take>
  void each_parameter(const Take& take) const;
  [[nodiscard]] std::vector<std::int64_t> depths() const;
  /// A loss, in float32 whatever the layers compute in. Where a layer has mixed rows, the mean of what it gives for
  /// both targets of each.
  [[nodiscard]] at::Tensor run_loss(Layer& loss, const LayerPlan& plan, std::vector<at::Tensor> in,
                                    std::vector<Compared>* compared) const;
  [[nodiscard]] std::vector<at::Tensor> gather(const LayerPlan& plan, std::span<const at::Tensor> fields,
                                               const std::vector<at::Tensor>& outputs) const;
  /// Notes whether the layer mixes rows, or has one before it that does. Error: a second one that does.
  [[nodiscard]] Status note_mixing(std::size_t index);
  /// A field of the batch, in the model's memory format.
  [[nodiscard]] at::Tensor formatted(const at::Tensor& field) const;

  ModelPlan plan_;
  at::Device device_ = at::kCPU;
  std::vector<at::Device> placed_{};  ///< by stage; empty: all of it on device_
  Format format_{};
  std::vector<std::unique_ptr<Layer>> layers_{};
  std::unique_ptr<Layer> loss_{};
  std::shared_ptr<FrozenFeatures> features_{};
  std::vector<LayerMeter>* meters_ = nullptr;
  bool waits_ = false;
  std::vector<RecomputeBlock> blocks_{};
  std::atomic<Nanos> recomputing_ = 0;       ///< stages do so at the same time
  std::vector<std::vector<bool>> stages_{};  ///< by stage, of each layer: does it run there?
  std::vector<bool> still_{};                ///< of each layer: it is frozen by name
  std::vector<std::int64_t> learning_{};     ///< of each layer: stages of a backbone that learn now
  const Layer* mixer_ = nullptr;             ///< the layer that may mix rows
  std::vector<bool> behind_mixer_{};         ///< of each layer: do mixed rows leave it?
  std::vector<std::size_t> last_use_{};      ///< of each layer's output: index of the last layer that reads it
};

}  // namespace feedline::inline training
