// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/python_text.h"
#include "exporting/pytorch.h"
#include "schema/optimizer.h"
#include "schema/pretrained.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace feedline::inline exporting {
namespace {

constexpr std::string_view kFreezing = R"py(def stays(backbone, learning, name):
    """Does this tensor or part of a backbone stay as it is while the last stages learn?"""
    stages = backbone["stages"][: len(backbone["stages"]) - learning]
    return (any(name == prefix or name.startswith(prefix + ".") for stage in stages for prefix in stage)
            or any(fnmatch.fnmatchcase(name, pattern) for pattern in backbone["patterns"]))


def learn_in(model, epoch):
    """Sets what learns in an epoch, from 1 on. Frozen norms keep their statistics, and nothing frozen is dropped."""
    model.train()
    for name, backbone in BACKBONES.items():
        learning = backbone["learning"]
        if backbone["unfreeze_every"]:
            learning = min(learning + (epoch - 1) // backbone["unfreeze_every"], len(backbone["stages"]))
        network = getattr(model, name)
        for tensor, parameter in network.named_parameters():
            parameter.requires_grad_(not stays(backbone, learning, tensor))
        for path, part in network.named_modules():
            norm = isinstance(part, nn.modules.batchnorm._BatchNorm) and not part.weight.requires_grad
            drops = type(part).__name__ in ("Dropout", "StochasticDepth") and stays(backbone, learning, path)
            if norm and backbone["freeze_statistics"] or drops:
                part.eval()
    for name in FREEZE:
        for parameter in getattr(model, name).parameters():
            parameter.requires_grad_(False)
        if FREEZE_STATISTICS:
            getattr(model, name).eval()


def begin(model):
    """Backbones begin from their files of weights; what is frozen and in none of them is as it was exported."""
    exported, start = read_weights(), {}
    learn_in(model, 1)
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            start[name] = exported[name]
    for path, part in model.named_modules():
        if not part.training:
            start.update((key, exported[key]) for key in (f"{path}.{name}" for name, _ in part.named_buffers(recurse=False)))
    for name, backbone in BACKBONES.items():
        file, own = backbone["weights"], getattr(model, name).state_dict()
        if not file:
            continue
        if not pathlib.Path(file).is_file():
            if any(parameter.requires_grad for parameter in getattr(model, name).parameters()):
                print(f"{file} is not there: what learns of {name} begins at random")
            continue
        found = (read_weights(file) if file.endswith(".safetensors")
                 else torch.load(file, map_location="cpu", weights_only=True))
        for key, value in found.items():
            key = key.removeprefix("module.").removeprefix("distilbert.")
            if key == "embeddings.position_embeddings.weight" and key in own:
                value = value[: len(own[key])]
            if key in own and own[key].shape == value.shape:
                start[f"{name}.{key}"] = value
    model.load_state_dict({**model.state_dict(), **start})


)py";

using StagePrefixes = std::vector<std::vector<std::string>>;

/// What is frozen and thawed as a whole, from the input to the output, as the nodes have it (see their help): prefixes
/// of their tensors' names. Empty: the node is no backbone.
StagePrefixes stage_prefixes(const LayerPlan& layer) {
  if (layer.type == "resnet") return {{"conv1", "bn1"}, {"layer1"}, {"layer2"}, {"layer3"}, {"layer4"}};
  StagePrefixes stages;
  if (layer.type == "mobilenet_v2") {
    int next = 0;
    for (const int features : {1, 1, 2, 3, 4, 3, 3, 1, 1}) {
      std::vector<std::string>& stage = stages.emplace_back();
      for (int i = 0; i < features; ++i) stage.push_back(fmt::format("features.{}", next++));
    }
  } else if (layer.type == "efficientnet_b0") {
    for (int i = 0; i <= 8; ++i) stages.push_back({fmt::format("features.{}", i)});
  } else if (layer.type == "vit_b_16") {
    stages.push_back({"class_token", "conv_proj", "encoder.pos_embedding"});
    const std::int64_t blocks = ParamReader(layer.params).integer("blocks");
    for (std::int64_t i = 0; i < blocks; ++i) stages.push_back({fmt::format("encoder.layers.encoder_layer_{}", i)});
    stages.back().emplace_back("encoder.ln");
  } else if (layer.type == "text_encoder") {
    stages.push_back({"embeddings"});
    const std::int64_t blocks = ParamReader(layer.params).integer("layers");
    for (std::int64_t i = 0; i < blocks; ++i) stages.push_back({fmt::format("transformer.layer.{}", i)});
  }
  return stages;
}

/// As fnmatch of Python takes it, in which brackets mean something.
std::string python_pattern(std::string_view pattern) {
  std::string text;
  for (const char c : pattern) text += c == '[' ? std::string("[[]") : std::string(1, c);
  return text;
}

bool layer_has_weights(const ExportedModel& model, std::size_t layer) {
  const std::string prefix = model.layer_names[layer] + ".";
  const auto first = model.weights.lower_bound(prefix);
  return first != model.weights.end() && first->first.starts_with(prefix);
}

/// The longest way from each layer to the loss, in parts that have weights: Model::depths() of training/.
std::vector<std::int64_t> layer_depths(const ExportedModel& model) {
  const std::vector<LayerPlan>& layers = model.network().layers;
  std::vector<std::int64_t> depth(layers.size(), 0);
  for (std::size_t i = layers.size(); i-- > 0;) {
    const auto stages = static_cast<std::int64_t>(stage_prefixes(layers[i]).size());
    const std::int64_t parts = stages > 0 ? stages : layer_has_weights(model, i) ? 1 : 0;
    for (const LayerPlan::Input& from : layers[i].from)
      if (from.layer >= 0) {
        std::int64_t& before = depth[static_cast<std::size_t>(from.layer)];
        before = std::max(before, depth[i] + parts);
      }
  }
  return depth;
}

/// FACTORS: of the learning rate, by the beginning of tensors' names.
std::string factors_line(const ExportedModel& model, const OptimizerSettings& optimizer) {
  const std::vector<std::int64_t> depth = layer_depths(model);
  std::string lines;
  const auto put = [&](const std::string& prefix, double factor) {
    if (factor != 1) lines += fmt::format("    ({}, {}),\n", python_string(prefix), python_number(factor));
  };
  for (std::size_t i = 0; i < model.network().layers.size(); ++i) {
    const LayerPlan& layer = model.network().layers[i];
    if (layer.spec->role == Role::Loss || !layer_has_weights(model, i)) continue;
    double factor = 1;
    for (const std::string& text : optimizer.rates)
      if (const auto rate = parse_layer_rate(text); rate && matches_layer(rate->pattern, layer.node))
        factor = rate->factor;
    const auto decayed = [&](std::int64_t at) {
      return factor * std::pow(optimizer.depth_decay, static_cast<double>(at));
    };
    const StagePrefixes stages = stage_prefixes(layer);
    for (std::size_t stage = 0; stage < stages.size(); ++stage)
      for (const std::string& prefix : stages[stage])
        put(model.layer_names[i] + "." + prefix,
            decayed(depth[i] + static_cast<std::int64_t>(stages.size() - 1 - stage)));
    if (stages.empty()) put(model.layer_names[i], decayed(depth[i]));
  }
  return "FACTORS = [" + (lines.empty() ? lines : "\n" + lines) +
         "]  # of the learning rate, of tensors whose names begin so\n";
}

}  // namespace

PytorchFreezing pytorch_freezing(const ExportedModel& model, const OptimizerSettings& optimizer) {
  const FreezingSettings& freezing = model.network().freezing;
  std::vector<std::string> frozen;
  std::string backbones;
  for (std::size_t i = 0; i < model.network().layers.size(); ++i) {
    const LayerPlan& layer = model.network().layers[i];
    if (layer.spec->role == Role::Loss || !layer_has_weights(model, i)) continue;
    const bool still = std::any_of(freezing.freeze.begin(), freezing.freeze.end(),
                                   [&](const std::string& pattern) { return matches_layer(pattern, layer.node); });
    if (still) frozen.push_back(model.layer_names[i]);
    const StagePrefixes stages = stage_prefixes(layer);
    if (stages.empty() || !layer.spec->pretrained) continue;
    const PretrainedSettings settings = layer.spec->pretrained(layer.params);
    const std::int64_t learning = still ? 0 : learning_stages(settings, stages.size());
    const bool plain = settings.weights.empty() && settings.freeze_pattern.empty() &&
                       learning == static_cast<std::int64_t>(stages.size());
    if (plain) continue;
    std::string written;
    for (const std::vector<std::string>& stage : stages) written += (written.empty() ? "" : ", ") + python_list(stage);
    std::vector<std::string> patterns;
    std::transform(settings.freeze_pattern.begin(), settings.freeze_pattern.end(), std::back_inserter(patterns),
                   python_pattern);
    backbones += fmt::format(
        "    {}: {{\"stages\": [{}],\n"
        "        \"learning\": {}, \"unfreeze_every\": {}, \"freeze_statistics\": {}, \"patterns\": {},\n"
        "        \"weights\": {}}},\n",
        python_string(model.layer_names[i]), written, learning, still ? 0 : settings.unfreeze_every,
        python_bool(settings.freeze_statistics), python_list(patterns), python_string(settings.weights));
  }
  PytorchFreezing written{.constants = factors_line(model, optimizer)};
  if (frozen.empty() && backbones.empty()) return written;
  written.constants += fmt::format("FREEZE = {}  # layers that do not learn\nFREEZE_STATISTICS = {}\n",
                                   python_list(frozen), python_bool(freezing.freeze_statistics));
  written.constants += "BACKBONES = {" + (backbones.empty() ? backbones : "\n" + backbones) + "}\n";
  written.functions = kFreezing;
  return written;
}

}  // namespace feedline::inline exporting
