// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/loss_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

struct MultiLabelCrossEntropy {
  struct Params {
    double positive_weight = 1;
  };

  static NodeSpec spec() {
    return node<MultiLabelCrossEntropy>("multi_label_cross_entropy", 1, "Multi-label loss",
                                        "Negative log-likelihood of labels of which a record may have any number.")
        .help(
            "For records that are several things at once, or none: the tags of a photo, the genres of a film. The "
            "prediction is one logit a label: above 0 it says that the record has it (no sigmoid before it: that is "
            "built in). The target is the label of a source whose label_kind is labels, or a field of features with as "
            "many numbers: 1 where the record has the label, else 0. The last linear node has as many units, or 0 of "
            "them where a source's labels decide. Where most labels are absent, positive_weight makes those "
            "that are there count more. As PyTorch's BCEWithLogitsLoss.")
        .in("prediction", Kind::Tensor, "Logits, N×labels, floating point.")
        .in("target", Kind::Tensor, "The true labels, N×labels: 0 or 1.", Kind::Target)
        .out("loss", Kind::Loss, "The mean over the batch and over the labels.")
        .compares(TargetKind::Labels)
        .param("positive_weight", &Params::positive_weight, range(1e-6, 1e6).ui(0.1, 100),
               "How much a label that is there counts; one that is not counts 1.")
        .example({{"positive_weight", 2.0}});
  }

  static LossShape infer(const Params&, DescInputs in) {
    auto prediction = input_desc(in, 0, "prediction");
    if (!prediction) return fail(std::move(prediction.error()));
    if (auto status = check_features(*prediction, "prediction"); !status) return fail(std::move(status.error()));
    auto target = input_desc(in, 1, "target");
    if (!target) return fail(std::move(target.error()));
    const bool of_source = target->kind == Kind::Target;
    if (of_source && target->shape.size() == 1)
      return fail(Error{.reason = "its target has one value a record, not several labels",
                        .remedy = "Set label_kind of the source to labels, or use cross_entropy",
                        .port = "target"});
    if (auto status = check_features(*target, "target"); !status) return fail(std::move(status.error()));
    const Dim& columns = prediction->shape[1];
    const Dim& labels = target->shape[1];
    const bool as_classes = !columns.known() && columns.symbol_name() == "classes";
    if (as_classes ? !of_source : !columns.agrees_with(labels))
      return fail(Error{.reason = fmt::format("the prediction has {} values per record, but the target has {} labels",
                                              columns.text(), labels.text()),
                        .remedy = fmt::format("Set units of the linear node before it to {}", labels.text()),
                        .port = "prediction"});
    return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Loss, .dtype = DType::F32}};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Loss;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer([weight = params.positive_weight](std::span<const at::Tensor> in) {
      const at::Tensor positive = weight == 1 ? at::Tensor() : at::full({1}, weight, in[0].options());
      return at::binary_cross_entropy_with_logits(in[0], in[1].to(in[0].scalar_type()), {}, positive,
                                                  at::Reduction::Mean);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MultiLabelCrossEntropy)
