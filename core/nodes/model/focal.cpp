// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <vector>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// `alpha`: one number a class, or undefined.
at::Tensor focal_loss_of(std::span<const at::Tensor> in, double gamma, const at::Tensor& alpha) {
  const at::Tensor target = in[1].to(at::kLong);
  // One logit is that of class 1 against 0 for class 0: softmax of the two is its sigmoid.
  const at::Tensor logits = in[0].size(1) == 1 ? at::cat({at::zeros_like(in[0]), in[0]}, 1) : in[0];
  const at::Tensor log_p = logits.log_softmax(1).gather(1, target.unsqueeze(1)).squeeze(1);
  at::Tensor loss = -log_p * (1 - log_p.exp()).clamp_min(1e-12).pow(gamma);
  if (alpha.defined()) loss = loss * alpha.index_select(0, target);
  return loss.mean();
}
#endif

struct Focal {
  struct Params {
    double gamma = 2;
    std::vector<double> alpha{};
    /// For each class; none: all count the same.
    [[nodiscard]] std::vector<double> by_class() const {
      return alpha.size() == 1 ? std::vector<double>{1 - alpha[0], alpha[0]} : alpha;
    }
  };

  static NodeSpec spec() {
    return node<Focal>("focal", 1, "Focal loss", "Cross-entropy that passes over what is easy, for rare classes.")
        .help(
            "For data of which nearly all records are easy and of one class, as in detection (Lin et al., 2017): "
            "−alpha·(1 − p)^gamma·ln p, where p is the probability of the true class. A record with p = 0.9 counts "
            "a hundredth with gamma 2. gamma 0 is cross-entropy.\n\n"
            "The prediction is one logit a class, or, of two classes, one logit of class 1 (a linear node with 1 "
            "unit), as torchvision's sigmoid_focal_loss has it. The mean is over the records, whatever their alpha.")
        .in("prediction", Kind::Tensor, "Logits, N×classes, or N×1 for two classes.")
        .in("target", Kind::Target, "The true classes.")
        .out("loss", Kind::Loss, "The mean over the batch.")
        .compares(TargetKind::Classes)
        .param("gamma", &Params::gamma, range(0, 20).ui(0, 5), "How much less an easy record counts.")
        .list("alpha", &Params::alpha, {.most = 4096},
              "How much each class counts, in their order; one number: class 1 of two, class 0 then counts 1 − alpha "
              "(0.25 in the paper). Empty: all the same.",
              range(0, 1e6).ui(0, 1))
        .example({{"gamma", 2.0}});
  }

  static LossShape infer(const Params& params, DescInputs in) {
    if (params.alpha.size() == 1 && params.alpha[0] > 1)
      return fail(Error{.reason = "one number of alpha is the share of class 1, and it is greater than 1",
                        .remedy = "Choose one of 0 to 1, or give one for each class",
                        .parameter = "alpha"});
    if (Status fits = check_one_a_class(params.by_class().size(), in, "alpha"); !fits)
      return fail(std::move(fits.error()));
    const bool one = !in.empty() && in[0] != nullptr && in[0]->shape.size() == 2 && in[0]->shape[1] == Dim(1);
    return one ? infer_two_class_loss(in) : infer_class_loss(in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    at::Tensor alpha;
    if (!params.alpha.empty()) alpha = at::tensor(params.by_class()).to(at::kFloat);
    return function_layer(
        [gamma = params.gamma, alpha](std::span<const at::Tensor> in) { return focal_loss_of(in, gamma, alpha); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Focal)
