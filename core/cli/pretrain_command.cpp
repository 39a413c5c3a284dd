// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/temporary_folder.h"
#include "base/user_path.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/run_arguments.h"
#include "cli/terminal.h"
#include "graph/key.h"
#include "schema/half.h"
#include "state/safetensors.h"
#include "state/training_state.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace feedline::cli {
namespace {

struct PretrainArguments : RunArguments {
  std::string out{};
  std::string node{};
  bool half = false;
};

/// The backbone whose weights are wanted, among the nodes of the graph itself.
Result<const Node*> pretrained_node(const Document& document, const std::string& wanted) {
  std::vector<const Node*> backbones;
  for (const Node& node : document.nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec != nullptr && spec->pretrained && (wanted.empty() || node.id == wanted)) backbones.push_back(&node);
  }
  if (backbones.size() == 1) return backbones.front();
  if (!wanted.empty())
    return fail(fmt::format("'{}' is no backbone of the graph", wanted), "Name a node such as mobilenet_v2 or resnet");
  return fail(backbones.empty() ? "there is no backbone in the graph" : "there are several backbones in the graph",
              backbones.empty() ? "Use a graph with a node such as mobilenet_v2, for instance example:pretrain"
                                : "Say which is meant, by --node");
}

TensorValue halved(const TensorValue& value) {
  const auto numbers = value.numbers<float>();
  if (!numbers) return value;
  TensorValue half{.type = ElementType::F16, .shape = value.shape};
  half.data.resize(2 * numbers->size());
  for (std::size_t i = 0; i < numbers->size(); ++i) {
    const std::uint16_t bits = float_to_half((*numbers)[i]);
    std::memcpy(&half.data[2 * i], &bits, sizeof bits);
  }
  return half;
}

/// The metric whose best epoch the run is to end with; empty: it ends with the weights of its last step.
std::string best_epoch_metric(const Document& document) {
  for (const Node& node : document.nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr || !spec->trainer) continue;
    const TrainerSettings settings = spec->trainer(spec->complete(node.params));
    if (settings.stop_early != "off" && settings.restore_best) return settings.stop_early;
  }
  return {};
}

/// What a checkpoint has of one node, by the names that the layer itself gives: those of torchvision.
NamedTensors weights_of(const TrainingState& state, const std::string& key, bool half) {
  NamedTensors weights;
  for (const NamedTensors* tensors : {&state.parameters, &state.buffers})
    for (const auto& [name, value] : *tensors) {
      const auto [of, tensor] = split_tensor_name(name);
      if (of != key) continue;
      // A variance may lie beyond what 16 bits hold.
      const bool keeps = tensor.ends_with("running_var") || tensor.ends_with("running_mean");
      weights.emplace(std::string(tensor), half && !keeps ? halved(value) : value);
    }
  return weights;
}

ExitCode pretrain(const PretrainArguments& arguments) {
  auto document = prepare(arguments);
  if (!document) return refuse(document.error());
  const auto node = pretrained_node(*document, arguments.node);
  if (!node) return refuse(node.error());
  if (Status writable = check_writable(arguments.out); !writable) return refuse(writable.error());
  const std::string key = KeyScope{}.key_of(**node);
  const TensorMetadata about{
      {"format", "pt"}, {"made_by", "feedline-cli pretrain"}, {"network", (*node)->type}, {"graph", document->title()}};

  const auto folder = TemporaryFolder::make("pretrain");
  if (!folder) return refuse(folder.error());
  RunOptions options = arguments.options();
  // The checkpoint at the end holds the weights of the last step; the best ones lie in a file of their own.
  const std::string best_by = best_epoch_metric(*document);
  options.checkpoints = {.folder = folder->path(),
                         .every_epochs = 1'000'000,
                         .keep = 1,
                         .best_by = best_by,
                         .keep_best = !best_by.empty()};
  Interrupts interrupts;
  const Outcome outcome = drive(std::move(*document), options, interrupts, !arguments.trace.empty());
  ExitCode code = conclude(outcome);
  if (outcome.result.checkpoint.empty() || outcome.result.end == RunResult::End::Failed)
    return write_results(arguments, outcome, code);
  const bool goes_back = !best_by.empty() && !outcome.result.best_checkpoint.empty();
  const auto state = load_training_state(goes_back ? outcome.result.best_checkpoint : outcome.result.checkpoint);
  if (!state) return refuse(state.error());
  const NamedTensors weights = weights_of(*state, key, arguments.half);
  if (Status written = write_safetensors(user_path(arguments.out), views_of(weights), about); !written)
    return refuse(written.error());
  put_line(stderr, fmt::format("{} tensors of {} are in {}", weights.size(), about.at("network"), arguments.out));
  return write_results(arguments, outcome, code);
}

}  // namespace

void add_pretrain(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("pretrain", "Train a backbone and keep its weights for other graphs");
  explain(*command,
          "Trains the model of a graph as 'run' does, and writes the weights of its backbone, without the head behind "
          "it, to a .safetensors file under torchvision's names. Other graphs begin from them by the backbone's "
          "parameter 'weights'. It needs no internet: example:pretrain learns from generated pictures, example:turns "
          "from a folder of pictures that nobody has labelled. Where the trainer's stop_early is set, the weights of "
          "the best epoch are written. Ctrl-C ends the training and keeps what was learnt.");
  command->footer(
      "Examples:\n"
      "  feedline-cli pretrain example:pretrain --out small.safetensors --half\n"
      "  feedline-cli pretrain example:turns --set source.folder=pictures --out mine.safetensors\n"
      "  feedline-cli pretrain my.feedline --node backbone --out mine.safetensors --epochs 30\n"
      "  feedline-cli run example:transfer --set backbone.weights=small.safetensors\n");
  auto arguments = std::make_shared<PretrainArguments>();
  add_run_arguments(*command, *arguments);
  command->add_option("--out", arguments->out, "The file of weights to write")->required()->type_name("PATH");
  command->add_option("--node", arguments->node, "The backbone, where the graph has several")->type_name("NODE");
  command->add_flag("--half", arguments->half, "Write weights as 16-bit numbers: half the size");
  command->callback([arguments, &code] { code = pretrain(*arguments); });
}

}  // namespace feedline::cli
