// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/shared_norm.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// LibTorch refuses to normalise a single number a channel (the last batch may hold one record). Such a batch uses the
/// running statistics, as validation does.
class BatchNormLayer final : public Layer {
 public:
  BatchNormLayer(std::int64_t channels, double momentum, double epsilon)
      : norm_(torch::nn::BatchNormOptions(channels).momentum(momentum).eps(epsilon)) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    return batch_normalised(in[0], {norm_->weight, norm_->bias, norm_->running_mean, norm_->running_var},
                            norm_->is_training(), *norm_->options.momentum(), norm_->options.eps());
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return norm_.ptr(); }

 private:
  torch::nn::BatchNorm2d norm_;
};
#endif

struct BatchNorm {
  struct Params {
    double momentum = 0.1;
    double epsilon = 1e-5;
  };

  static NodeSpec spec() {
    return node<BatchNorm>("batch_norm", 1, "Batch norm",
                           "Normalises each channel over the batch to mean 0 and variance 1.")
        .help(
            "Normalises each channel over the batch, then applies a learnt scale and shift. Networks with "
            "it converge faster, allow larger learning rates and depend less on initialisation. Put it between a "
            "convolution (or linear layer) and its ReLU. In validation it uses the running statistics of "
            "training. Batches of fewer than about 8 records make it noisy. With replicas, each normalises over its "
            "own "
            "rows, unless the trainer's sync_batch_norm is on.")
        .in("x", Kind::Tensor, "Pictures (N×C×H×W) or features (N×F), floating point.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("momentum", &Params::momentum, range(0, 1).ui(0.01, 0.5),
               "Weight of the newest batch in the running statistics.")
        .param("epsilon", &Params::epsilon, range(1e-12, 1).ui(1e-6, 1e-2),
               "Added to the variance, against division by zero.")
        .example({});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = in.shape.size() == 2 ? check_features(in, "x") : check_pictures(in, "x"); !status)
      return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<BatchNormLayer>(in[0]->shape[1].size(), params.momentum, params.epsilon);
  }
#endif

  /// Scale and shift are learnt; mean, variance and the count of batches are kept.
  static LayerCost cost(const Params&, DescInputs in, const TensorDesc&) {
    const std::int64_t channels = in[0]->shape[1].size();
    return {.parameters = 2 * channels, .buffers = 2 * channels + 1};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(BatchNorm)
