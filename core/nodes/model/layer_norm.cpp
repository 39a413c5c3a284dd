// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/scale_shift.h"
#include "nodes/model/sequence_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// Scale and shift are those of each number of a record.
class LayerNormLayer final : public Layer {
 public:
  LayerNormLayer(std::vector<std::int64_t> shape, double epsilon)
      : shape_(std::move(shape)), epsilon_(epsilon), module_(std::make_shared<ScaleShift>(shape_)) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    return at::layer_norm(in[0], shape_, module_->weight, module_->bias, epsilon_);
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return module_; }

 private:
  std::vector<std::int64_t> shape_;
  double epsilon_;
  std::shared_ptr<ScaleShift> module_;
};
#endif

struct LayerNorm {
  struct Params {
    double epsilon = 1e-5;
  };

  static NodeSpec spec() {
    return node<LayerNorm>("layer_norm", 1, "Layer norm", "Normalises each record to mean 0 and variance 1.")
        .help(
            "Normalises over all numbers of a record, then applies a learnt scale and shift, one for each number (Ba "
            "et "
            "al., 2016). It does not look at other records, so that it does the same in training and in validation and "
            "for batches of any size, down to one. Usual in transformers; with convolutions and batches of 16 or more "
            "batch_norm often trains faster. Of sequences it normalises each place by itself. As PyTorch's LayerNorm "
            "over "
            "all dimensions but the batch, and but the places.")
        .in("x", Kind::Tensor, "Pictures (N×C×H×W), features (N×F) or sequences (N×T×F), floating point.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("epsilon", &Params::epsilon, range(1e-12, 1).ui(1e-6, 1e-2),
               "Added to the variance, against division by zero.")
        .example({});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    const std::size_t rank = in.shape.size();
    if (auto status = rank == 2   ? check_features(in, "x")
                      : rank == 3 ? check_sequences(in, "x")
                                  : check_pictures(in, "x");
        !status)
      return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    std::vector<std::int64_t> shape;
    for (std::size_t i = first_normed(*in[0]); i < in[0]->shape.size(); ++i) shape.push_back(in[0]->shape[i].size());
    return std::make_unique<LayerNormLayer>(std::move(shape), params.epsilon);
  }
#endif

  static LayerCost cost(const Params&, DescInputs in, const TensorDesc&) {
    std::int64_t numbers = 1;
    for (std::size_t i = first_normed(*in[0]); i < in[0]->shape.size(); ++i) numbers *= in[0]->shape[i].size();
    return {.parameters = 2 * numbers};
  }

 private:
  /// Of sequences each place by itself: their lengths differ.
  static std::size_t first_normed(const TensorDesc& in) { return in.shape.size() == 3 ? 2 : 1; }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(LayerNorm)
