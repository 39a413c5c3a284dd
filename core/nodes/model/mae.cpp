// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// One number a record comes as N, and is predicted as N×1.
at::Tensor mean_absolute_error(std::span<const at::Tensor> in) {
  return at::l1_loss(in[0], in[1].to(in[0].scalar_type()).view_as(in[0]));
}
#endif

struct MeanAbsoluteError {
  struct Params {};

  static NodeSpec spec() {
    return node<MeanAbsoluteError>("mae", 1, "Mean absolute error",
                                   "How far predicted numbers are from the true ones, each miss by its size.")
        .help(
            "The loss of regression on data with outliers: a miss of 10 weighs ten times as much as one of 1, not a "
            "hundred times as with mse, so that few wrong targets pull less. It makes the model predict the median. "
            "Its gradient has the same size near the truth as far from it; where training does not settle, huber is a "
            "way between. As PyTorch's L1Loss.")
        .in("prediction", Kind::Tensor, "Predicted numbers, N×1 for one a record.")
        .in("target", Kind::Target, "The true numbers.")
        .out("loss", Kind::Loss, "The mean over the batch and over the numbers of a record.")
        .compares(TargetKind::Numbers)
        .example({});
  }

  static LossShape infer(const Params&, DescInputs in) { return infer_number_loss(in); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) {
    return function_layer(mean_absolute_error);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MeanAbsoluteError)
