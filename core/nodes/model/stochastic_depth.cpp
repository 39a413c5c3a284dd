// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/random_layer.h"
#include "schema/node_builder.h"

#include <cstdint>
#include <vector>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
class StochasticDepthLayer final : public RandomLayer {
 public:
  explicit StochasticDepthLayer(double probability) : keep_(1 - probability) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor& x = in[0];
    if (!is_training() || keep_ == 1) return x;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = x.size(0);
    return x * kept(x, shape, keep_);
  }

 private:
  double keep_;
};
#endif

struct StochasticDepth {
  struct Params {
    double probability = 0.1;
  };

  static NodeSpec spec() {
    return node<StochasticDepth>("stochastic_depth", 1, "Stochastic depth",
                                 "Skips a block of layers at random, for some records, against overfitting.")
        .help(
            "Put it at the end of a residual block, in front of the add that joins the block to its skip connection "
            "(Huang et al., 2016). In training the block's result is dropped for each record with this probability, so "
            "that the record takes the skip alone, and scaled up otherwise to compensate; in validation it does "
            "nothing. Deep networks generalise better with it; raise the probability from block to block. The block "
            "is still computed, so that a step takes no less time. As torchvision's StochasticDepth in mode row.")
        .in("x", Kind::Tensor, "What the block gives: any floating-point tensor.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("probability", &Params::probability, range(0, 0.99).ui(0, 0.5),
               "Probability that the block is skipped, for each record.")
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
    return std::make_unique<StochasticDepthLayer>(params.probability);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(StochasticDepth)
