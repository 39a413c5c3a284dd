// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/random_layer.h"
#include "schema/node_builder.h"

#include <span>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
class DropoutLayer final : public RandomLayer {
 public:
  explicit DropoutLayer(double probability) : keep_(1 - probability) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor& x = in[0];
    if (!is_training() || keep_ == 1) return x;
    return x * kept(x, x.sizes(), keep_);
  }

 private:
  double keep_;
};
#endif

struct Dropout {
  struct Params {
    double probability = 0.5;
  };

  static NodeSpec spec() {
    return node<Dropout>("dropout", 1, "Dropout", "Sets activations to zero at random, against overfitting.")
        .help(
            "In training, each activation is zeroed with this probability and the others are scaled up to compensate, "
            "so that the network cannot rely on single features. In validation it does nothing. Use it "
            "before the last linear layers when training accuracy runs far ahead of validation accuracy.")
        .in("x", Kind::Tensor, "Any floating-point tensor.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("probability", &Params::probability, range(0, 0.99).ui(0, 0.8),
               "Probability that an activation is zeroed.")
        .example({{"probability", 0.25}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_float(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return std::make_unique<DropoutLayer>(params.probability);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Dropout)
