// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/random_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
class SpatialDropoutLayer final : public RandomLayer {
 public:
  explicit SpatialDropoutLayer(double probability) : keep_(1 - probability) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor& x = in[0];
    if (!is_training() || keep_ == 1) return x;
    return x * kept(x, {x.size(0), x.size(1), 1, 1}, keep_);
  }

 private:
  double keep_;
};
#endif

struct SpatialDropout {
  struct Params {
    double probability = 0.2;
  };

  static NodeSpec spec() {
    return node<SpatialDropout>("spatial_dropout", 1, "Spatial dropout",
                                "Sets whole channels to zero at random, against overfitting.")
        .help(
            "Dropout between convolutions (Tompson et al., 2015): neighbouring pixels of a channel say nearly the "
            "same, "
            "so that zeroing single ones takes little away. In training each channel of each record is zeroed with "
            "this probability and the others are scaled up to compensate; in validation it does nothing. As PyTorch's "
            "Dropout2d.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("probability", &Params::probability, range(0, 0.99).ui(0, 0.5), "Probability that a channel is zeroed.")
        .example({{"probability", 0.25}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_pictures(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return std::make_unique<SpatialDropoutLayer>(params.probability);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SpatialDropout)
