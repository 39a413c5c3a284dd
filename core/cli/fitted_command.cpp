// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/json_values.h"
#include "cli/run_arguments.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "engine/fit.h"
#include "engine/pipeline_settings.h"
#include "graph/path.h"
#include "state/learnt_text.h"
#include "training/apply_options.h"

#include <algorithm>
#include <memory>
#include <string>
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

/// The steps of training that learn, in running order.
std::vector<const PlanStep*> fitted_steps(const Plan& plan) {
  std::vector<const PlanStep*> steps;
  for (const PlanStep& step : plan.train.steps)
    if (step.fitted != nullptr) steps.push_back(&step);
  return steps;
}

Result<std::vector<const PlanStep*>> chosen_steps(const Plan& plan, const std::string& node) {
  std::vector<const PlanStep*> steps = fitted_steps(plan);
  if (node.empty()) return steps;
  std::vector<std::string> known;
  for (const PlanStep* step : steps) known.push_back(drawn_path(step->node));
  std::erase_if(steps, [&](const PlanStep* step) { return step->node != node && drawn_path(step->node) != node; });
  if (!steps.empty()) return steps;
  return fail(Error{.reason = "it learns nothing from the training records",
                    .remedy = known.empty() ? "No node of this graph does" : "Choose one of: " + joined(known),
                    .node = node});
}

void print_learnt(const std::vector<const PlanStep*>& steps, std::size_t values) {
  if (steps.empty()) put_line(stdout, "no node of this graph learns from the training records");
  for (const PlanStep* step : steps) {
    put_line(stdout, drawn_path(step->node) + "  " + step->type);
    Table table({"name", "shape", "values"}, 3);
    for (const LearntLine& line : learnt_lines(*step->fitted->learnt, values))
      table.row({line.name, line.shape, values_text(line)});
    put(stdout, table.text(width_of(stdout)));
  }
}

void print_learnt_json(const std::vector<const PlanStep*>& steps, std::size_t values) {
  Json nodes = Json::array();
  for (const PlanStep* step : steps) {
    Json tensors = Json::array();
    for (const LearntLine& line : learnt_lines(*step->fitted->learnt, values))
      tensors.push_back({{"name", line.name}, {"shape", line.shape}, {"values", line.values}, {"more", line.more}});
    nodes.push_back({{"node", drawn_path(step->node)}, {"type", step->type}, {"tensors", std::move(tensors)}});
  }
  put_line(stdout, nodes.dump(2, ' ', false, Json::error_handler_t::replace));
}

ExitCode fitted(const FittedArguments& arguments) {
  const auto done = [&]() -> Status {
    auto document = prepare(arguments);
    if (!document) return fail(std::move(document.error()));
    if (Status applied = apply_options(*document, arguments.options()); !applied) return applied;
    auto plan = make_plan(*document, {});
    if (!plan) return fail(std::move(plan.error()));
    const FitOptions options{.pipeline = pipeline_options((*plan)->asked_for(), (*plan)->trainer), .on_notice = warn};
    plan = fit_plan(std::move(*plan), options);
    if (!plan) return fail(std::move(plan.error()));
    const auto steps = chosen_steps(**plan, arguments.node);
    if (!steps) return fail(steps.error());
    arguments.json ? print_learnt_json(*steps, arguments.values) : print_learnt(*steps, arguments.values);
    return {};
  }();
  if (done) return kOk;
  complain(done.error());
  return exit_code(done.error().code);
}

}  // namespace

void add_fitted(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("fitted", "Show what the fitted nodes of a graph have learnt");
  explain(
      *command,
      "Shows what nodes have learnt from the training records: the means of normalise, the words of a vocabulary, the "
      "categories of a column. What no run has learnt before is learnt now, and kept for the runs to come.");
  command->footer(
      "Examples:\n"
      "  feedline-cli fitted my.feedline\n"
      "  feedline-cli fitted my.feedline vocabulary --values 200\n"
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
