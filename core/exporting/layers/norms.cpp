// SPDX-License-Identifier: GPL-3.0-or-later
// Functions of single numbers, norms, and what draws in training.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

Result<WrittenLayer> write_relu(const LayerToWrite& layer) {
  return WrittenLayer{.call = fmt::format("torch.relu({})", layer.in[0]), .script = "return torch.relu(x)"};
}

/// A function of PyTorch that the type is called after.
Result<WrittenLayer> write_function(const LayerToWrite& layer) {
  const std::string& type = layer.plan.type;
  const bool in_functional = type == "silu";
  return WrittenLayer{.call = fmt::format("{}.{}({})", in_functional ? "nn.functional" : "torch", type, layer.in[0]),
                      .script = fmt::format("return torch.{}(x)", type)};
}

Result<WrittenLayer> write_leaky_relu(const LayerToWrite& layer) {
  const std::string slope = ParamReader(layer.plan.params).number("slope");
  return WrittenLayer{.call = fmt::format("nn.functional.leaky_relu({}, {})", layer.in[0], slope),
                      .script = fmt::format("return torch.leaky_relu(x, {})", slope)};
}

/// In single precision, as targets are.
Result<WrittenLayer> write_scale_output(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::string rest = fmt::format(" * {} + {}", params.number("deviation"), params.number("mean"));
  return WrittenLayer{.call = layer.in[0] + ".float()" + rest, .script = "return x" + rest};
}

Result<WrittenLayer> write_gelu(const LayerToWrite& layer) {
  const std::string approximate = ParamReader(layer.plan.params).text("approximate");
  const std::string rest = approximate == "none" ? "" : fmt::format(", approximate=\"{}\"", approximate);
  return WrittenLayer{.call = fmt::format("nn.functional.gelu({}{})", layer.in[0], rest),
                      .script = fmt::format("return torch.gelu(x{})", rest)};
}

Result<WrittenLayer> write_softmax(const LayerToWrite& layer) {
  return WrittenLayer{.call = fmt::format("torch.softmax({}, 1)", layer.in[0]), .script = "return torch.softmax(x, 1)"};
}

std::int64_t known_size(const TensorDesc& desc, std::size_t dim) { return desc.shape[dim].most(); }

Result<WrittenLayer> write_batch_norm(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const TensorDesc& in = layer.plan.inputs[0];
  return WrittenLayer{
      .module = fmt::format("nn.BatchNorm{}d({}, eps={}, momentum={})", in.shape.size() == 2 ? 1 : 2, known_size(in, 1),
                            params.number("epsilon"), params.number("momentum")),
      .script = fmt::format("return torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var, "
                            "self.training, {}, {}, False)",
                            params.number("momentum"), params.number("epsilon"))};
}

Result<WrittenLayer> write_layer_norm(const LayerToWrite& layer) {
  const TensorDesc& in = layer.plan.inputs[0];
  std::string shape;
  for (std::size_t i = in.shape.size() == 3 ? 2 : 1; i < in.shape.size(); ++i)
    shape += fmt::format("{}{}", shape.empty() ? "" : ", ", known_size(in, i));
  const std::string epsilon = ParamReader(layer.plan.params).number("epsilon");
  return WrittenLayer{
      .module = fmt::format("nn.LayerNorm([{}], eps={})", shape, epsilon),
      .script = fmt::format("return torch.layer_norm(x, [{}], self.weight, self.bias, {})", shape, epsilon)};
}

Result<WrittenLayer> write_group_norm(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t groups = params.integer("groups");
  return WrittenLayer{.module = fmt::format("nn.GroupNorm({}, {}, eps={})", groups, known_size(layer.plan.inputs[0], 1),
                                            params.number("epsilon")),
                      .script = fmt::format("return torch.group_norm(x, {}, self.weight, self.bias, {})", groups,
                                            params.number("epsilon"))};
}

Result<WrittenLayer> write_dropout(const LayerToWrite& layer) {
  const std::string share = ParamReader(layer.plan.params).number("probability");
  const bool channels = layer.plan.type == "spatial_dropout";
  return WrittenLayer{
      .module = fmt::format("nn.Dropout{}({})", channels ? "2d" : "", share),
      .script = fmt::format("return torch.{}(x, {}, self.training)", channels ? "feature_dropout" : "dropout", share)};
}

constexpr std::string_view kStochasticDepth = R"py(class StochasticDepth(nn.Module):
    """Leaves a block out for some records, in training (Huang et al., 2016)."""

    def __init__(self, probability):
        super().__init__()
        self.keep = 1 - probability

    def forward(self, x):
        if not self.training or self.keep == 1:
            return x
        kept = torch.rand((x.shape[0],) + (1,) * (x.dim() - 1), device=x.device) < self.keep
        return x * kept.to(x.dtype) / self.keep
)py";

Result<WrittenLayer> write_stochastic_depth(const LayerToWrite& layer) {
  const double share = ParamReader(layer.plan.params).real("probability");
  return WrittenLayer{.module = fmt::format("StochasticDepth({})", python_number(share)),
                      .helpers = {"StochasticDepth"},
                      .script = fmt::format("if not self.training:\n"
                                            "    return x\n"
                                            "shape = [x.size(0)]\n"
                                            "for i in range(x.dim() - 1):\n"
                                            "    shape.append(1)\n"
                                            "kept = torch.lt(torch.rand(shape, device=x.device), {0})\n"
                                            "return x * kept.to(x.dtype) / {0}",
                                            python_number(1 - share))};
}

constexpr std::string_view kRowMixer = R"py(class RowMixer(nn.Module):
    """Mixes the rows of a batch in training: mixup (Zhang et al., 2018) or CutMix (Yun et al., 2019).

    `mix` is then (share, partner): the loss is share times that of a row's own target and the rest times that of its
    partner's. It is None where nothing was mixed.
    """

    def __init__(self, kind, alpha, probability):
        super().__init__()
        self.kind, self.alpha, self.probability, self.mix = kind, alpha, probability, None

    def forward(self, x):
        self.mix = None
        if not self.training or torch.rand(()).item() >= self.probability:
            return x
        share = torch.distributions.Beta(self.alpha, self.alpha).sample().item()
        partner = torch.randperm(x.shape[0], device=x.device)
        if self.kind == "mixup":
            self.mix = share, partner
            return x * share + x[partner] * (1 - share)
        height, width = x.shape[2], x.shape[3]
        rows, columns = int(height * (1 - share) ** 0.5), int(width * (1 - share) ** 0.5)
        row, column = int(torch.rand(()) * height) - rows // 2, int(torch.rand(()) * width) - columns // 2
        top, bottom = min(max(row, 0), height), min(max(row + rows, 0), height)
        left, right = min(max(column, 0), width), min(max(column + columns, 0), width)
        out = x.clone()
        out[:, :, top:bottom, left:right] = x[partner][:, :, top:bottom, left:right]
        self.mix = 1 - (bottom - top) * (right - left) / (height * width), partner
        return out
)py";

Result<WrittenLayer> write_row_mixer(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  return WrittenLayer{.module = fmt::format("RowMixer(\"{}\", alpha={}, probability={})", layer.plan.type,
                                            params.number("alpha"), params.number("probability")),
                      .helpers = {"RowMixer"},
                      .script = "return x"};
}

void add_norm_layers(Writers& writers) {
  writers.layer("relu", write_relu);
  writers.layer("leaky_relu", write_leaky_relu);
  writers.layer("scale_output", write_scale_output);
  writers.layer("gelu", write_gelu);
  writers.layer("softmax", write_softmax);
  for (const char* type : {"sigmoid", "tanh", "silu"}) writers.layer(type, write_function);
  writers.layer("batch_norm", write_batch_norm);
  writers.layer("layer_norm", write_layer_norm);
  writers.layer("group_norm", write_group_norm);
  writers.layer("dropout", write_dropout);
  writers.layer("spatial_dropout", write_dropout);
  writers.layer("stochastic_depth", write_stochastic_depth);
  writers.layer("mixup", write_row_mixer);
  writers.layer("cutmix", write_row_mixer);
  writers.helper("StochasticDepth", kStochasticDepth);
  writers.helper("RowMixer", kRowMixer);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_norm_layers)
