// SPDX-License-Identifier: GPL-3.0-or-later
// Losses, in train.py: each takes predictions and targets, and gives the mean over the batch.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

/// One number a record comes as N, and is predicted as N×1.
std::string as_predicted(const LayerToWrite& layer) {
  return fmt::format("{0}.to({1}.dtype).view_as({1})", layer.in[1], layer.in[0]);
}

Result<WrittenLayer> write_cross_entropy(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  WrittenLayer written{.call = fmt::format("nn.functional.cross_entropy({}, {}.long()", layer.in[0], layer.in[1])};
  if (params.flag("balanced")) {
    written.call += fmt::format(", weight=balanced_weights({})", layer.in[0]);
    written.helpers = {"balanced_weights"};
  } else if (const auto weights = params.reals("class_weights"); !weights.empty()) {
    written.call += fmt::format(", weight={}.new_tensor({})", layer.in[0], python_list(weights));
  }
  if (params.real("label_smoothing") > 0) written.call += ", label_smoothing=" + params.number("label_smoothing");
  written.call += ")";
  return written;
}

constexpr std::string_view kBalancedWeights =
    R"py(CLASS_COUNTS = None  # records of each class in the training data: main() counts them


def balanced_weights(like):
    """Rare classes count more: records / (classes * records of the class)."""
    counts = torch.tensor(CLASS_COUNTS, dtype=like.dtype, device=like.device)
    return counts.sum() / (len(counts) * counts)
)py";

Result<WrittenLayer> write_two_classes(const LayerToWrite& layer) {
  const double weight = ParamReader(layer.plan.params).real("positive_weight");
  const bool labels = layer.plan.type == "multi_label_cross_entropy";
  const std::string target = labels ? fmt::format("{}.to({}.dtype)", layer.in[1], layer.in[0]) : as_predicted(layer);
  const std::string more =
      weight == 1 ? "" : fmt::format(", pos_weight={}.new_tensor([{}])", layer.in[0], python_number(weight));
  return WrittenLayer{
      .call = fmt::format("nn.functional.binary_cross_entropy_with_logits({}, {}{})", layer.in[0], target, more)};
}

Result<WrittenLayer> write_number_loss(const LayerToWrite& layer) {
  const std::string& type = layer.plan.type;
  const std::string more = type == "huber" ? ", delta=" + ParamReader(layer.plan.params).number("delta") : "";
  return WrittenLayer{.call = fmt::format("nn.functional.{}_loss({}, {}{})", type == "mae" ? "l1" : type, layer.in[0],
                                          as_predicted(layer), more)};
}

Result<WrittenLayer> write_hinge(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  return WrittenLayer{.call = fmt::format("nn.functional.multi_margin_loss({}, {}.long(), p={}, margin={})",
                                          layer.in[0], layer.in[1], params.text("power"), params.number("margin"))};
}

constexpr std::string_view kFocal = R"py(def focal_loss(logits, target, gamma, alpha=None):
    """Cross-entropy that passes over what is easy (Lin et al., 2017)."""
    target = target.long()
    if logits.shape[1] == 1:  # of class 1, against 0 for class 0
        logits = torch.cat((torch.zeros_like(logits), logits), 1)
    log_p = logits.log_softmax(1).gather(1, target[:, None]).squeeze(1)
    loss = -log_p * (1 - log_p.exp()).clamp(min=1e-12) ** gamma
    return (loss if alpha is None else loss * logits.new_tensor(alpha)[target]).mean()
)py";

Result<WrittenLayer> write_focal(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  std::vector<double> alpha = params.reals("alpha");
  if (alpha.size() == 1) alpha = {1 - alpha[0], alpha[0]};
  return WrittenLayer{.call = fmt::format("focal_loss({}, {}, {}{})", layer.in[0], layer.in[1], params.number("gamma"),
                                          alpha.empty() ? "" : ", " + python_list(alpha)),
                      .helpers = {"focal_loss"}};
}

Result<WrittenLayer> write_weighted_sum(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  std::string sum;
  for (std::size_t i = 0; i < layer.in.size(); ++i) {
    if (layer.in[i].empty()) continue;
    const std::string weight = params.number("weight_" + layer.plan.spec->inputs[i].name);
    sum += fmt::format("{}{} * {}", sum.empty() ? "" : " + ", weight, layer.in[i]);
  }
  return WrittenLayer{.call = sum};
}

void add_losses(Writers& writers) {
  writers.layer("cross_entropy", write_cross_entropy);
  writers.layer("binary_cross_entropy", write_two_classes);
  writers.layer("multi_label_cross_entropy", write_two_classes);
  for (const char* type : {"mse", "mae", "huber"}) writers.layer(type, write_number_loss);
  writers.layer("hinge", write_hinge);
  writers.layer("focal", write_focal);
  writers.layer("weighted_sum", write_weighted_sum);
  writers.helper("focal_loss", kFocal);
  writers.helper("balanced_weights", kBalancedWeights);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_losses)
