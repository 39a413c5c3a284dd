// SPDX-License-Identifier: GPL-3.0-or-later
// Backbones, as torchvision has them: their tensors have its names.
#include "exporting/python_text.h"
#include "exporting/script_backbones.h"
#include "exporting/writers.h"

#include <fmt/format.h>

#include <utility>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kHeadless = R"py(def headless(network, head, channels=3):
    """A network of torchvision without its classifier, for pictures of so many channels."""
    setattr(network, head, nn.Identity())
    if channels != 3:
        name, first = next((n, m) for n, m in network.named_modules() if isinstance(m, nn.Conv2d))
        made = nn.Conv2d(channels, first.out_channels, first.kernel_size, first.stride, first.padding,
                         bias=first.bias is not None)
        network.get_submodule(name.rpartition(".")[0]).register_module(name.rpartition(".")[2], made)
    return network
)py";

constexpr std::string_view kResNetMap = R"py(def resnet_map(network, x):
    """What leaves the last stage of a ResNet, before it is pooled."""
    x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    return network.layer4(network.layer3(network.layer2(network.layer1(x))))
)py";

Result<WrittenLayer> write_backbone(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::string& type = layer.plan.type;
  const TensorDesc& in = layer.plan.inputs[0];
  std::string network = "torchvision.models.";
  if (type == "resnet") {
    network += fmt::format("resnet{}(weights=None)", params.text("depth"));
  } else if (type == "mobilenet_v2") {
    network += fmt::format("mobilenet_v2(weights=None, width_mult={})", params.number("width"));
  } else if (type == "efficientnet_b0") {
    network +=
        fmt::format("efficientnet_b0(weights=None, stochastic_depth_prob={})", params.number("stochastic_depth"));
  } else {
    if (in.shape[2].most() != in.shape[3].most())
      return fail(Error{.reason = "torchvision's takes square pictures alone", .remedy = "Resize them to a square"});
    network +=
        fmt::format("VisionTransformer({}, 16, {}, 12, 768, 3072)", in.shape[2].most(), params.integer("blocks"));
  }
  const std::int64_t channels = in.shape[1].most();
  const char* const head = type == "resnet" ? "fc" : type == "vit_b_16" ? "heads" : "classifier";
  WrittenLayer written{.module = fmt::format("headless({}, \"{}\"{})", network, head,
                                             channels == 3 ? "" : fmt::format(", channels={}", channels)),
                       .helpers = {"headless"}};
  if (layer.weights != nullptr) {
    BackboneScript script = backbone_script(layer);
    written.script = std::move(script.body);
    written.pre_script = std::move(script.functions);
  }
  if (type == "vit_b_16" || params.text("output") != "map") return written;
  written.call = type == "resnet" ? fmt::format("resnet_map({}, {})", layer.self, layer.in[0])
                                  : fmt::format("{}.features({})", layer.self, layer.in[0]);
  if (type == "resnet") written.helpers.emplace_back("resnet_map");
  return written;
}

void add_backbones(Writers& writers) {
  for (const char* type : {"resnet", "mobilenet_v2", "efficientnet_b0", "vit_b_16"})
    writers.layer(type, write_backbone);
  writers.helper("headless", kHeadless);
  writers.helper("resnet_map", kResNetMap);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_backbones)
