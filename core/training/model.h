// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "plan/plan.h"
#include "training/metric.h"
#include "training/precision.h"
#include "training/step_fault.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {

/// The Error for whatever the library threw while `node` worked: lack of memory gets its own remedy.
[[nodiscard]] Error library_error(const std::exception& fault, const std::string& node);

/// The network and its loss, built from a ModelPlan on one device.
///
/// A replica is another Model, whose parameters are then made views of the same numbers (see replicas.h); nothing else
/// is shared between two of them.
class Model {
 public:
  /// The starting weights of a layer depend on the seed and its key alone, not on which other layers there are. A plan
  /// without a loss gives a model that can only be looked at, by layer_output(). Errors name the node.
  [[nodiscard]] static Result<std::unique_ptr<Model>> build(const ModelPlan& plan, at::Device device,
                                                            std::uint64_t seed, const Format& format = {});

  /// What a forward pass leaves behind.
  struct Outcome {
    at::Tensor loss{};                 ///< mean over the batch, a scalar
    std::vector<Compared> compared{};  ///< what each loss was given, in the order of comparisons()
  };

  /// Runs all layers and the loss on one batch; `fields` are in the order of the batch node's ports. Layer by layer,
  /// letting go of what no later layer reads. A stop takes effect between layers (and slices of heavy layers), in
  /// backward() as well: StepCancelled. Faults: StepFailed, naming the node.
  [[nodiscard]] Outcome forward(std::span<const at::Tensor> fields, const std::stop_token& stop);
  /// Runs the layers as far as one of them and returns what leaves it; for looking at it. Stop and faults as above.
  [[nodiscard]] at::Tensor layer_output(std::span<const at::Tensor> fields, std::size_t layer,
                                        const std::stop_token& stop);
  /// Gradients of `loss`, times `weight`, added to the parameters'.
  void backward(const at::Tensor& loss, double weight = 1) const;

  void train(bool on);
  /// Starts the generators of layers that draw random numbers.
  void seed(std::uint64_t seed);
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
  /// Where the generators of layers that draw random numbers stand, by the key of the layer's node.
  [[nodiscard]] std::map<std::string, std::vector<std::byte>> random_states() const;
  /// Layers that are not named keep theirs.
  void set_random_states(const std::map<std::string, std::vector<std::byte>>& states);
  [[nodiscard]] at::Device device() const { return device_; }
  [[nodiscard]] const Format& format() const { return format_; }
  [[nodiscard]] const std::string& loss_node() const { return plan_.loss.node; }

 private:
  explicit Model(const ModelPlan& plan) : plan_(plan) {}
  [[nodiscard]] at::Tensor run_layer(std::size_t index, std::span<const at::Tensor> in, const std::stop_token& stop);
  /// The first `count` layers, each letting go of what no later one reads. What losses among them compare is added to
  /// `compared`, where that is wanted.
  [[nodiscard]] std::vector<at::Tensor> run_layers(std::span<const at::Tensor> fields, std::size_t count,
                                                   const std::stop_token& stop, std::vector<Compared>* compared);
  /// A loss, in float32 whatever the layers compute in.
  [[nodiscard]] at::Tensor run_loss(Layer& loss, const LayerPlan& plan, std::vector<at::Tensor> in,
                                    std::vector<Compared>* compared) const;
  [[nodiscard]] std::vector<at::Tensor> gather(const LayerPlan& plan, std::span<const at::Tensor> fields,
                                               const std::vector<at::Tensor>& outputs) const;
  /// A field of the batch, in the model's memory format.
  [[nodiscard]] at::Tensor formatted(const at::Tensor& field) const;

  ModelPlan plan_;
  at::Device device_ = at::kCPU;
  Format format_{};
  std::vector<std::unique_ptr<Layer>> layers_{};
  std::unique_ptr<Layer> loss_{};
  std::vector<std::size_t> last_use_{};  ///< of each layer's output: index of the last layer that reads it
};

}  // namespace feedline::inline training
