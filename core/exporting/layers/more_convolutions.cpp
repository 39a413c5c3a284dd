// SPDX-License-Identifier: GPL-3.0-or-later
// Convolutions of other kinds, and what changes the places of numbers.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

std::int64_t in_channels(const LayerToWrite& layer) { return layer.plan.inputs[0].shape[1].most(); }

Result<WrittenLayer> write_depthwise(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t channels = in_channels(layer);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const bool same = params.text("padding") == "same";
  const std::int64_t before = same ? (kernel - 1) / 2 : 0;
  const bool even = same && kernel % 2 == 0;
  const bool bias = params.flag("bias");
  WrittenLayer written{.module = fmt::format("nn.Conv2d({0}, {1}, {2}, stride={3}, padding={4}, groups={0}{5})",
                                             channels, channels * params.integer("multiplier"), kernel, stride, before,
                                             bias ? "" : ", bias=False")};
  if (even) written.call = fmt::format("{}(nn.functional.pad({}, (0, 1, 0, 1)))", layer.self, layer.in[0]);
  if (even) written.script = "x = torch.constant_pad_nd(x, [0, 1, 0, 1], 0.0)\n";
  written.script += fmt::format("return torch.conv2d(x, self.weight, {0}, [{1}, {1}], [{2}, {2}], [1, 1], {3})",
                                bias ? "self.bias" : "None", stride, before, channels);
  return written;
}

Result<WrittenLayer> write_transposed(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const std::int64_t over = params.text("padding") == "same" ? kernel - stride : 0;
  const bool even = over % 2 == 0;  // else what is too much is cut off afterwards
  const bool bias = params.flag("bias");
  WrittenLayer written{.module = fmt::format("nn.ConvTranspose2d({}, {}, {}, stride={}, padding={}{})",
                                             in_channels(layer), params.integer("filters"), kernel, stride,
                                             even ? over / 2 : 0, bias ? "" : ", bias=False")};
  written.script =
      fmt::format("y = torch.conv_transpose2d(x, self.weight, {0}, [{1}, {1}], [{2}, {2}], [0, 0], 1, [1, 1])\n",
                  bias ? "self.bias" : "None", stride, even ? over / 2 : 0);
  if (even) {
    written.script += "return y";
    return written;
  }
  written.call = fmt::format("cut_to({}({}), {}, {} * {}.shape[2], {} * {}.shape[3])", layer.self, layer.in[0],
                             over / 2, stride, layer.in[0], stride, layer.in[0]);
  written.helpers = {"cut_to"};
  written.script +=
      fmt::format("return y.narrow(2, {0}, {1} * x.size(2)).narrow(3, {0}, {1} * x.size(3))", over / 2, stride);
  return written;
}

constexpr std::string_view kCutTo = R"py(def cut_to(x, first, height, width):
    """So many rows and columns, from the first on."""
    return x[:, :, first : first + height, first : first + width]
)py";

std::string sizes_behind_batch(const TensorDesc& desc) {
  std::string sizes;
  for (std::size_t i = 1; i < desc.shape.size(); ++i)
    sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", desc.shape[i].most());
  return sizes;
}

Result<WrittenLayer> write_reshape(const LayerToWrite& layer) {
  const std::string sizes = sizes_behind_batch(layer.plan.output);
  return WrittenLayer{.call = fmt::format("{}.reshape(-1, {})", layer.in[0], sizes),
                      .script = fmt::format("return torch.reshape(x, [x.size(0), {}])", sizes)};
}

Result<WrittenLayer> write_permute(const LayerToWrite& layer) {
  std::string order = "0";
  for (const double place : ParamReader(layer.plan.params).reals("order"))
    order += fmt::format(", {}", static_cast<std::int64_t>(place));
  return WrittenLayer{.call = fmt::format("{}.permute({})", layer.in[0], order),
                      .script = fmt::format("return torch.permute(x, [{}]).contiguous()", order)};
}

Result<WrittenLayer> write_split(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t width = layer.plan.output.shape[1].most();
  const std::int64_t first = (params.integer("part") - 1) * width;
  return WrittenLayer{.call = fmt::format("{}[:, {}:{}]", layer.in[0], first, first + width),
                      .script = fmt::format("return torch.narrow(x, 1, {}, {})", first, width)};
}

Result<WrittenLayer> write_upsample(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::string method = params.text("method");
  const std::int64_t factor = params.integer("factor");
  const std::string corners = method == "nearest" ? "" : ", False";
  return WrittenLayer{
      .call = fmt::format("nn.functional.interpolate({}, scale_factor={}, mode=\"{}\")", layer.in[0], factor, method),
      .script = fmt::format("return torch.upsample_{}2d(x, [x.size(2) * {}, x.size(3) * {}]{})", method, factor, factor,
                            corners)};
}

constexpr std::string_view kResidualBlock = R"py(class ResidualBlock(nn.Module):
    """A block of ResNet (He et al., 2015), with torchvision's names: two convolutions, or three with a bottleneck."""

    def __init__(self, channels, filters, stride=1, bottleneck=False):
        super().__init__()
        inner = filters // 4 if bottleneck else filters
        steps = ([(channels, inner, 1, 1), (inner, inner, 3, stride), (inner, filters, 1, 1)] if bottleneck
                 else [(channels, inner, 3, stride), (inner, filters, 3, 1)])
        self.count = len(steps)
        for i, (a, b, kernel, step) in enumerate(steps, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.downsample = None
        if stride != 1 or channels != filters:
            self.downsample = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = torch.relu(y) if i < self.count else y
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))
)py";

Result<WrittenLayer> write_residual_block(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t channels = in_channels(layer);
  const std::int64_t filters = layer.plan.output.shape[1].most();
  const std::int64_t stride = params.integer("stride");
  const bool bottleneck = params.text("form") == "bottleneck";
  WrittenLayer written{.module = fmt::format("ResidualBlock({}, {}{}{})", channels, filters,
                                             stride == 1 ? "" : fmt::format(", stride={}", stride),
                                             bottleneck ? ", bottleneck=True" : ""),
                       .helpers = {"ResidualBlock"}};
  const auto unit = [&](std::string_view from, const std::string& conv, const std::string& norm, std::int64_t kernel,
                        std::int64_t step) {
    return fmt::format(
        "torch.batch_norm(torch.conv2d({0}, self.{1}_weight, None, [{2}, {2}], [{3}, {3}], [1, 1], 1), "
        "self.{4}_weight, self.{4}_bias, self.{4}_running_mean, self.{4}_running_var, self.training, 0.1, 1e-05, "
        "False)",
        from, conv, step, kernel / 2, norm);
  };
  const int count = bottleneck ? 3 : 2;
  for (int i = 1; i <= count; ++i) {
    const std::int64_t kernel = !bottleneck || i == 2 ? 3 : 1;
    const std::int64_t step = i == (bottleneck ? 2 : 1) ? stride : 1;
    const std::string made = unit(i == 1 ? "x" : "y", fmt::format("conv{}", i), fmt::format("bn{}", i), kernel, step);
    written.script += i < count ? fmt::format("y = torch.relu({})\n", made) : fmt::format("y = {}\n", made);
  }
  if (stride != 1 || channels != filters)
    written.script += fmt::format("x = {}\n", unit("x", "downsample_0", "downsample_1", 1, stride));
  written.script += "return torch.relu(y + x)";
  return written;
}

void add_more_convolutions(Writers& writers) {
  writers.layer("depthwise_conv2d", write_depthwise);
  writers.layer("conv_transpose2d", write_transposed);
  writers.layer("reshape", write_reshape);
  writers.layer("permute", write_permute);
  writers.layer("split", write_split);
  writers.layer("upsample", write_upsample);
  writers.layer("residual_block", write_residual_block);
  writers.helper("cut_to", kCutTo);
  writers.helper("ResidualBlock", kResidualBlock);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_more_convolutions)
