// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Huber {
  struct Params {
    double delta = 1;
  };

  static NodeSpec spec() {
    return node<Huber>("huber", 1, "Huber loss", "Squared error for small misses, absolute error for large ones.")
        .help(
            "The loss of regression between mse and mae (Huber, 1964): a miss d costs d²/2 up to delta, and "
            "delta·(d − delta/2) beyond, so that it settles as mse does and outliers pull no more than with mae. "
            "Let delta be about the size of an ordinary miss; targets of about 1 go well with 1. As PyTorch's "
            "HuberLoss.")
        .in("prediction", Kind::Tensor, "Predicted numbers, N×1 for one a record.")
        .in("target", Kind::Target, "The true numbers.")
        .out("loss", Kind::Loss, "The mean over the batch and over the numbers of a record.")
        .compares(TargetKind::Numbers)
        .param("delta", &Params::delta, range(1e-6, 1e6).ui(0.1, 10),
               "Misses larger than this count by their size, not by its square.")
        .example({{"delta", 0.5}});
  }

  static LossShape infer(const Params&, DescInputs in) { return infer_number_loss(in); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer([delta = params.delta](std::span<const at::Tensor> in) {
      return at::huber_loss(in[0], in[1].to(in[0].scalar_type()).view_as(in[0]), at::Reduction::Mean, delta);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Huber)
