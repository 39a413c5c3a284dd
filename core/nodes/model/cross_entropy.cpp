// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <vector>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
at::Tensor cross_entropy_of(std::span<const at::Tensor> in, double smoothing, const at::Tensor& weights) {
  namespace F = torch::nn::functional;
  F::CrossEntropyFuncOptions options;
  options.label_smoothing(smoothing);
  if (weights.defined()) options.weight(weights);
  return F::cross_entropy(in[0], in[1].to(at::kLong), options);
}
#endif

struct CrossEntropy {
  struct Params {
    double label_smoothing = 0;
    std::vector<double> class_weights{};
    bool balanced = false;
  };

  static NodeSpec spec() {
    return node<CrossEntropy>("cross_entropy", 1, "Cross-entropy",
                              "Negative log-likelihood of the true class (how surprised the prediction is by it).")
        .help(
            "The loss of single-label classification. The prediction is one logit per class (no softmax before it: "
            "that "
            "is built in). An untrained network starts near ln(classes), 2.3 for ten; lower is better, 0 is perfect. "
            "What classes allow to measure (the metrics in the help of runs) is reported beside it.\n\n"
            "With class weights it is the weighted mean over the batch, sum(w * loss) / sum(w), as in PyTorch; each "
            "replica takes it over its own rows.")
        .in("prediction", Kind::Tensor, "Logits, N×classes, floating point.")
        .in("target", Kind::Target, "The true classes.")
        .out("loss", Kind::Loss, "The mean over the batch.")
        .compares(TargetKind::Classes)
        .param("label_smoothing", &Params::label_smoothing, range(0, 0.99).ui(0, 0.3),
               "Share of the target that is spread evenly over all classes, against overconfidence.")
        .list("class_weights", &Params::class_weights, {.most = 4096},
              "How much each class counts, in their order, where some are rare: such as 1, 1, 10. Empty: all the same.",
              range(1e-6, 1e6).ui(0.1, 100))
        .param("balanced", &Params::balanced,
               "Class weights from the training data: records / (classes * records of the class).")
        .example({{"label_smoothing", 0.1}});
  }

  static LossShape infer(const Params& params, DescInputs in) {
    if (params.balanced && !params.class_weights.empty())
      return fail(Error{.reason = "class weights are given, and are to be found from the data as well",
                        .remedy = "Empty class_weights, or switch balanced off",
                        .parameter = "balanced"});
    if (Status fits = check_one_a_class(params.class_weights.size(), in, "class_weights"); !fits)
      return fail(std::move(fits.error()));
    return infer_class_loss(in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    at::Tensor weights;
    if (!params.class_weights.empty()) weights = at::tensor(params.class_weights).to(at::kFloat);
    return function_layer([smoothing = params.label_smoothing, weights](std::span<const at::Tensor> in) mutable {
      if (weights.defined()) weights = weights.to(in[0].device());
      return cross_entropy_of(in, smoothing, weights);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(CrossEntropy)
