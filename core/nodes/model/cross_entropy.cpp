// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
at::Tensor cross_entropy_of(std::span<const at::Tensor> in, double smoothing) {
  namespace F = torch::nn::functional;
  return F::cross_entropy(in[0], in[1].to(at::kLong), F::CrossEntropyFuncOptions().label_smoothing(smoothing));
}
#endif

struct CrossEntropy {
  struct Params {
    double label_smoothing = 0;
  };

  static NodeSpec spec() {
    return node<CrossEntropy>("cross_entropy", 1, "Cross-entropy",
                              "Negative log-likelihood of the true class (how surprised the prediction is by it).")
        .help(
            "The loss of single-label classification. The prediction is one logit per class (no softmax before it: "
            "that "
            "is built in). An untrained network starts near ln(classes), 2.3 for ten; lower is better, 0 is perfect. "
            "What classes allow to measure (the metrics in the help of runs) is reported beside it.")
        .in("prediction", Kind::Tensor, "Logits, N×classes, floating point.")
        .in("target", Kind::Target, "The true classes.")
        .out("loss", Kind::Loss, "The mean over the batch.")
        .compares(TargetKind::Classes)
        .param("label_smoothing", &Params::label_smoothing, range(0, 0.99).ui(0, 0.3),
               "Share of the target that is spread evenly over all classes, against overconfidence.")
        .example({{"label_smoothing", 0.1}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    auto prediction = input_desc(in, 0, "prediction");
    if (!prediction) return fail(std::move(prediction.error()));
    if (auto status = check_features(*prediction, "prediction"); !status) return fail(std::move(status.error()));
    auto target = input_desc(in, 1, "target");
    if (!target) return fail(std::move(target.error()));
    const Dim& columns = prediction->shape[1];
    if (target->classes.known() && target->classes.size() == 0)
      return fail(Error{.reason = "its target is a plain number, not a class",
                        .remedy = "Connect a label that has classes, or use a loss for numbers such as mse",
                        .port = "target"});
    if (!columns.agrees_with(target->classes))
      return fail(Error{.reason = fmt::format("the prediction has {} values per record, but the data has {} classes",
                                              columns.text(), target->classes.text()),
                        .remedy = "Set units of the linear node before it to 0: as many as the data has classes",
                        .port = "prediction"});
    return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Loss, .dtype = DType::F32}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer([smoothing = params.label_smoothing](std::span<const at::Tensor> in) {
      return cross_entropy_of(in, smoothing);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(CrossEntropy)
