// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
at::Tensor binary_cross_entropy_of(std::span<const at::Tensor> in, double positive_weight) {
  const at::Tensor target = in[1].to(in[0].scalar_type()).view_as(in[0]);
  const at::Tensor weight = positive_weight == 1 ? at::Tensor() : at::full({1}, positive_weight, in[0].options());
  return at::binary_cross_entropy_with_logits(in[0], target, {}, weight, at::Reduction::Mean);
}
#endif

struct BinaryCrossEntropy {
  struct Params {
    double positive_weight = 1;
  };

  static NodeSpec spec() {
    return node<BinaryCrossEntropy>("binary_cross_entropy", 1, "Binary cross-entropy",
                                    "Negative log-likelihood of the true one of two classes, from one score.")
        .help(
            "The loss of yes-or-no questions. The prediction is one logit a record: above 0 it says class 1, below it "
            "class 0 (no sigmoid before it: that is built in). Let the last linear node have 1 unit. An untrained "
            "network starts near ln 2, 0.69. It is measured as any two classes are. Where class 1 is rare, "
            "positive_weight makes its records count more. As PyTorch's BCEWithLogitsLoss.")
        .in("prediction", Kind::Tensor, "Logits of class 1, N×1, floating point.")
        .in("target", Kind::Target, "The true classes, of two.")
        .out("loss", Kind::Loss, "The mean over the batch.")
        .compares(TargetKind::Classes)
        .param("positive_weight", &Params::positive_weight, range(1e-6, 1e6).ui(0.1, 100),
               "How much a record of class 1 counts; one of class 0 counts 1.")
        .example({{"positive_weight", 2.0}});
  }

  static LossShape infer(const Params&, DescInputs in) { return infer_two_class_loss(in); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer([weight = params.positive_weight](std::span<const at::Tensor> in) {
      return binary_cross_entropy_of(in, weight);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(BinaryCrossEntropy)
