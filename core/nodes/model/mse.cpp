// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// One number a record comes as N, and is predicted as N×1.
at::Tensor mean_squared_error(std::span<const at::Tensor> in) {
  return torch::nn::functional::mse_loss(in[0], in[1].to(in[0].scalar_type()).view_as(in[0]));
}
#endif

struct MeanSquaredError {
  struct Params {};

  static NodeSpec spec() {
    return node<MeanSquaredError>("mse", 1, "Mean squared error", "How far predicted numbers are from the true ones.")
        .help(
            "The loss of regression: the mean of the squared differences between prediction and target, 0 is perfect. "
            "It weighs a miss of 10 a hundred times as much as one of 1, so look for outliers. Where targets are far "
            "from "
            "0 ± 1, scale_output in front of it lets a network learn them quickly.\n\n"
            "The prediction has as many values per record as the target: let the last linear node have 1 unit for a "
            "label. A label with classes counts as the number of its class, which makes sense only where their order "
            "does (grades, ages, digits), and is told as a warning.")
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
    return function_layer(mean_squared_error);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MeanSquaredError)
