// SPDX-License-Identifier: GPL-3.0-or-later
// Backbones as statements of TorchScript, which can be trained further; layers/onnx_backbones.cpp has them for ONNX.
#include "exporting/script_backbones.h"

#include "exporting/backbone_walks.h"
#include "exporting/python_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace feedline::inline exporting {
namespace {

/// Writes one statement a value; values are variables, tensors attributes whose dots have become underscores.
class ScriptNet {
 public:
  explicit ScriptNet(const LayerToWrite& layer) : weights_(*layer.weights), prefix_(layer.self.substr(5) + ".") {}

  [[nodiscard]] std::string body(const std::string& result) const { return body_ + "return " + result; }
  [[nodiscard]] bool has(const std::string& conv) const { return weights_.contains(prefix_ + conv + ".weight"); }
  [[nodiscard]] std::int64_t inputs(const std::string& conv) const { return shape_of(conv).at(1); }
  [[nodiscard]] std::int64_t outputs(const std::string& conv) const { return shape_of(conv).at(0); }
  [[nodiscard]] static std::string tensor(std::string name) {
    std::replace(name.begin(), name.end(), '.', '_');
    return "self." + name;
  }
  std::string put(const std::string& expression) {
    std::string name = fmt::format("v{}", ++count_);
    body_ += fmt::format("{} = {}\n", name, expression);
    return name;
  }

  /// As OnnxConvNet::unit().
  std::string unit(const std::string& x, const std::string& conv, const std::string& norm, std::int64_t stride,
                   BackboneFunction function, bool by_channel = false) {
    const std::int64_t around = (shape_of(conv).at(2) - 1) / 2;
    std::string y =
        fmt::format("torch.conv2d({0}, {1}, {2}, [{3}, {3}], [{4}, {4}], [1, 1], {5})", x, tensor(conv + ".weight"),
                    norm.empty() ? tensor(conv + ".bias") : "None", stride, around, by_channel ? outputs(conv) : 1);
    if (!norm.empty())
      y = fmt::format("torch.batch_norm({}, {}, {}, {}, {}, self.training, 0.1, 1e-05, False)", y,
                      tensor(norm + ".weight"), tensor(norm + ".bias"), tensor(norm + ".running_mean"),
                      tensor(norm + ".running_var"));
    return put(applied(function, y));
  }
  std::string sequential(const std::string& x, const std::string& path, std::int64_t stride, BackboneFunction function,
                         bool by_channel = false) {
    return unit(x, path + ".0", path + ".1", stride, function, by_channel);
  }
  std::string pooled(const std::string& x) {
    return put(fmt::format("torch.max_pool2d({}, [3, 3], [2, 2], [1, 1])", x));
  }
  std::string sum(const std::string& a, const std::string& b) { return put(fmt::format("{} + {}", a, b)); }
  std::string rectified_sum(const std::string& a, const std::string& b) {
    return put(fmt::format("torch.relu({} + {})", a, b));
  }
  std::string squeezed(const std::string& x, const std::string& path) {
    const std::string mean = put(fmt::format("torch.mean({}, [2, 3], True)", x));
    const std::string narrow = unit(mean, path + ".fc1", "", 1, BackboneFunction::Silu);
    return put(fmt::format("{} * torch.sigmoid({})", x, unit(narrow, path + ".fc2", "", 1, BackboneFunction::None)));
  }
  std::string given(const std::string& map, const std::string& output) {
    return output == "map" ? map : put(fmt::format("torch.mean({}, [2, 3])", map));
  }
  std::string linear(const std::string& x, const std::string& path) {
    return put(fmt::format("torch.linear({}, {}, {})", x, tensor(path + ".weight"), tensor(path + ".bias")));
  }
  std::string norm(const std::string& x, const std::string& path, std::int64_t width) {
    return put(fmt::format("torch.layer_norm({}, [{}], {}, {}, 1e-06)", x, width, tensor(path + ".weight"),
                           tensor(path + ".bias")));
  }

 private:
  [[nodiscard]] const std::vector<std::int64_t>& shape_of(const std::string& conv) const {
    return weights_.at(prefix_ + conv + ".weight").shape;
  }
  [[nodiscard]] static std::string applied(BackboneFunction function, const std::string& x) {
    switch (function) {
      case BackboneFunction::Relu:
        return fmt::format("torch.relu({})", x);
      case BackboneFunction::Relu6:
        return fmt::format("torch.clamp({}, 0.0, 6.0)", x);
      case BackboneFunction::Silu:
        return fmt::format("torch.silu({})", x);
      case BackboneFunction::None:
        break;
    }
    return x;
  }

  const NamedTensors& weights_;
  std::string prefix_;
  std::string body_{};
  int count_ = 0;
};

std::string resnet_script(ScriptNet& net, const ParamReader& params) {
  return net.body(net.given(walk_resnet(net, "x"), params.text("output")));
}

std::string mobilenet_script(ScriptNet& net, const ParamReader& params) {
  return net.body(net.given(walk_mobilenet(net, "x"), params.text("output")));
}

constexpr double kScriptEfficientBlocks = 16;

constexpr std::string_view kSkipBlock =
    "def skip(self, x, share: float):\n"
    "    if self.training:\n"
    "        kept = torch.bernoulli(torch.full([x.size(0), 1, 1, 1], 1.0 - share, dtype=x.dtype, device=x.device))\n"
    "        x = x * kept / (1.0 - share)\n"
    "    return x\n";

std::string efficientnet_script(ScriptNet& net, const ParamReader& params) {
  const double most = params.real("stochastic_depth");
  const auto dropped = [&](const std::string& y, int number) {
    const double share = most * number / kScriptEfficientBlocks;
    return share > 0 ? net.put(fmt::format("self.skip({}, {})", y, python_number(share))) : y;
  };
  return net.body(net.given(walk_efficientnet(net, "x", dropped), params.text("output")));
}

constexpr std::string_view kAttendVit =
    "def attend(self, x, w, b, out_w, out_b):\n"
    "    y = torch.linear(x, w, b)\n"
    "    parts = [x.size(0), x.size(1), 12, 64]\n"
    "    q = torch.reshape(torch.narrow(y, 2, 0, 768), parts).transpose(1, 2)\n"
    "    k = torch.reshape(torch.narrow(y, 2, 768, 768), parts).transpose(1, 2)\n"
    "    v = torch.reshape(torch.narrow(y, 2, 1536, 768), parts).transpose(1, 2)\n"
    "    seen = torch.matmul(torch.softmax(torch.matmul(q, k.transpose(2, 3)) * 0.125, 3), v)\n"
    "    return torch.linear(torch.reshape(seen.transpose(1, 2), [x.size(0), x.size(1), 768]), out_w, out_b)\n";

std::string vit_script(ScriptNet& net, const ParamReader& params) {
  constexpr std::int64_t kWidth = 768;
  const std::string squares = net.put(fmt::format("torch.conv2d(x, {}, {}, [16, 16], [0, 0], [1, 1], 1)",
                                                  net.tensor("conv_proj.weight"), net.tensor("conv_proj.bias")));
  const std::string sequence =
      net.put(fmt::format("torch.permute(torch.reshape({0}, [{0}.size(0), 768, -1]), [0, 2, 1])", squares));
  const std::string first = net.put(fmt::format("{}.expand([x.size(0), 1, 768])", net.tensor("class_token")));
  std::string x =
      net.put(fmt::format("torch.cat([{}, {}], 1) + {}", first, sequence, net.tensor("encoder.pos_embedding")));
  for (std::int64_t i = 0; i < params.integer("blocks"); ++i) {
    const std::string path = fmt::format("encoder.layers.encoder_layer_{}.", i);
    const std::string self = path + "self_attention.";
    const std::string seen = net.put(fmt::format(
        "self.attend({}, {}, {}, {}, {})", net.norm(x, path + "ln_1", kWidth), net.tensor(self + "in_proj_weight"),
        net.tensor(self + "in_proj_bias"), net.tensor(self + "out_proj.weight"), net.tensor(self + "out_proj.bias")));
    x = net.put(fmt::format("{} + {}", x, seen));
    const std::string hidden = net.linear(net.norm(x, path + "ln_2", kWidth), path + "mlp.0");
    x = net.put(fmt::format("{} + {}", x, net.linear(net.put(fmt::format("torch.gelu({})", hidden)), path + "mlp.3")));
  }
  const std::string read = net.put(fmt::format("torch.reshape(torch.narrow({0}, 1, 0, 1), [{0}.size(0), 768])", x));
  return net.body(net.norm(read, "encoder.ln", kWidth));
}

}  // namespace

BackboneScript backbone_script(const LayerToWrite& layer) {
  ScriptNet net(layer);
  const ParamReader params(layer.plan.params);
  if (layer.plan.type == "resnet") return {.body = resnet_script(net, params)};
  if (layer.plan.type == "mobilenet_v2") return {.body = mobilenet_script(net, params)};
  if (layer.plan.type == "efficientnet_b0")
    return {.body = efficientnet_script(net, params), .functions = {std::string(kSkipBlock)}};
  return {.body = vit_script(net, params), .functions = {std::string(kAttendVit)}};
}

}  // namespace feedline::inline exporting
