// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/user_path.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/inference_arguments.h"
#include "cli/json_values.h"
#include "cli/run_arguments.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "engine/fit.h"
#include "engine/pipeline_settings.h"
#include "graph/flatten.h"
#include "graph/path.h"
#include "state/learnt_text.h"
#include "training/apply_options.h"
#include "training/resume.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace feedline::cli {
namespace {

constexpr std::size_t kFewValues = 8;

struct FittedArguments : RunArguments {
  std::string node{};
  bool json = false;
  std::size_t values = kFewValues;
};

/// A node with what it has learnt.
struct LearntNode {
  std::string node{};  ///< as it was drawn
  std::string type{};
  NamedTensors state{};
};

/// Those that the training records pass, in running order. What no run has learnt before is learnt now.
Result<std::vector<LearntNode>> learnt_by_graph(const FittedArguments& arguments) {
  auto document = prepare(arguments);
  if (!document) return fail(std::move(document.error()));
  if (Status applied = apply_options(*document, arguments.options()); !applied) return fail(std::move(applied.error()));
  auto plan = make_plan(*document, {});
  if (!plan) return fail(std::move(plan.error()));
  const FitOptions options{.pipeline = pipeline_options((*plan)->asked_for(), (*plan)->trainer), .on_notice = warn};
  plan = fit_plan(std::move(*plan), options);
  if (!plan) return fail(std::move(plan.error()));
  std::vector<LearntNode> nodes;
  for (const PlanStep& step : (*plan)->train.steps)
    if (step.fitted != nullptr) nodes.push_back({drawn_path(step.node), step.type, *step.fitted->learnt});
  return nodes;
}

/// Those whose state a checkpoint holds, in the order of its graph.
Result<std::vector<LearntNode>> learnt_by_checkpoint(const std::string& place) {
  const auto checkpoint = open_for_inference(place);
  if (!checkpoint) return fail(checkpoint.error());
  auto graph = graph_of(checkpoint->state);
  if (!graph) return fail(std::move(graph.error()));
  std::vector<LearntNode> nodes;
  const Flat flat = flatten(*graph);
  for (const Node& node : flat.document.nodes()) {
    LearntNode learnt{.node = drawn_path(node.id), .type = node.type};
    for (const auto& [name, value] : checkpoint->state.fitted)
      if (const auto [key, tensor] = split_tensor_name(name); key == (node.key.empty() ? node.id : node.key))
        learnt.state.emplace(tensor, value);
    if (!learnt.state.empty()) nodes.push_back(std::move(learnt));
  }
  return nodes;
}

bool is_checkpoint(const std::string& place) {
  std::error_code ignored;
  return place.ends_with(".safetensors") || std::filesystem::is_directory(user_path(place), ignored);
}

Status choose(std::vector<LearntNode>& nodes, const std::string& node) {
  if (node.empty()) return {};
  std::vector<std::string> known;
  for (const LearntNode& learnt : nodes) known.push_back(learnt.node);
  std::erase_if(nodes, [&](const LearntNode& learnt) { return learnt.node != node; });
  if (!nodes.empty()) return {};
  return fail(Error{.reason = "it has learnt nothing from the training records",
                    .remedy = known.empty() ? "No node of this graph has" : "Choose one of: " + joined(known),
                    .node = node});
}

void print_learnt(const std::vector<LearntNode>& nodes, std::size_t values) {
  if (nodes.empty()) put_line(stdout, "no node of this graph learns from the training records");
  for (const LearntNode& learnt : nodes) {
    put_line(stdout, learnt.node + "  " + learnt.type);
    Table table({"name", "shape", "values"}, 3);
    for (const LearntLine& line : learnt_lines(learnt.state, values))
      table.row({line.name, line.shape, values_text(line)});
    put(stdout, table.text(width_of(stdout)));
  }
}

void print_learnt_json(const std::vector<LearntNode>& nodes, std::size_t values) {
  Json all = Json::array();
  for (const LearntNode& learnt : nodes) {
    Json tensors = Json::array();
    for (const LearntLine& line : learnt_lines(learnt.state, values))
      tensors.push_back({{"name", line.name}, {"shape", line.shape}, {"values", line.values}, {"more", line.more}});
    all.push_back({{"node", learnt.node}, {"type", learnt.type}, {"tensors", std::move(tensors)}});
  }
  put_line(stdout, all.dump(2, ' ', false, Json::error_handler_t::replace));
}

ExitCode fitted(const FittedArguments& arguments) {
  auto nodes = is_checkpoint(arguments.file) ? learnt_by_checkpoint(arguments.file) : learnt_by_graph(arguments);
  if (nodes)
    if (Status chosen = choose(*nodes, arguments.node); !chosen) nodes = fail(std::move(chosen.error()));
  if (!nodes) {
    complain(nodes.error());
    return exit_code(nodes.error().code);
  }
  arguments.json ? print_learnt_json(*nodes, arguments.values) : print_learnt(*nodes, arguments.values);
  return kOk;
}

}  // namespace

void add_fitted(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("fitted", "Show what the fitted nodes of a graph have learnt");
  explain(
      *command,
      "Shows what nodes have learnt from the training records: the means of normalise, the words of a vocabulary, the "
      "categories of a column. FILE is a graph or a checkpoint (or a folder of checkpoints, of which the best is "
      "taken). "
      "What no run of a graph has learnt before is learnt now, and kept for the runs to come.");
  command->footer(
      "Examples:\n"
      "  feedline-cli fitted my.feedline\n"
      "  feedline-cli fitted my.feedline vocabulary --values 200\n"
      "  feedline-cli fitted checkpoints/best.safetensors\n"
      "  feedline-cli fitted my.feedline --json | jq '.[].tensors[].name'\n");
  auto arguments = std::make_shared<FittedArguments>();
  add_data_arguments(*command, *arguments);
  command->add_option("NODE", arguments->node, "Only this node, by its name or path");
  command->add_option("--values", arguments->values, "How many values of each tensor. Default: 8")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 32U));
  command->add_flag("--json", arguments->json, "Print it as JSON");
  command->callback([arguments, &code] { code = fitted(*arguments); });
}

}  // namespace feedline::cli
