// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/curves_text.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/measuring.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "recording/past_curves.h"
#include "tuning/decompose.h"
#include "tuning/split_curve.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <utility>

namespace feedline::cli {
namespace {

struct DiagnoseArguments : MeasureArguments {
  double seconds = 5;
  bool stalls = false;
  bool splits = false;
};

std::string stalls_text(const Stalls& stalls) {
  return fmt::format(
      "\nstep alone    {:>10} samples/s\ncached data   {:>10} samples/s   preparation stall {}\n"
      "cold cache    {:>10} samples/s   fetch stall {}\nheadspace: no loader work can bring more than {:.2f} times\n",
      rate(stalls.step_alone), rate(stalls.cached), percent(stalls.preparation_stall()), rate(stalls.cold),
      percent(stalls.fetch_stall()), stalls.headspace());
}

std::string splits_text(const std::vector<Split>& splits, std::size_t width) {
  Table table({"done once up to", "takes", "storage", "then samples/s"});
  for (const Split& split : splits)
    table.row({split.node.empty() ? "(nothing)" : split.node, duration(split.offline_s),
               bytes(static_cast<std::uint64_t>(split.bytes)), rate(split.samples_per_s)});
  return '\n' + table.text(width);
}

void add_json(std::string& json, const std::optional<Stalls>& stalls, const std::vector<Split>& splits,
              const PastCurves& past) {
  auto object = nlohmann::ordered_json::parse(json);
  if (stalls)
    object["stalls"] = {{"step_alone_samples_per_s", stalls->step_alone},
                        {"cached_samples_per_s", stalls->cached},
                        {"cold_samples_per_s", stalls->cold},
                        {"preparation_stall", stalls->preparation_stall()},
                        {"fetch_stall", stalls->fetch_stall()},
                        {"headspace", stalls->headspace()}};
  if (!splits.empty()) object["splits"] = nlohmann::ordered_json::array();
  for (const Split& split : splits)
    object["splits"].push_back(
        {{"node", split.node.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(split.node)},
         {"offline_s", split.offline_s},
         {"bytes", split.bytes},
         {"samples_per_s", split.samples_per_s}});
  object["curves_run"] = past.run != 0 ? nlohmann::ordered_json(past.run) : nlohmann::ordered_json(nullptr);
  json = object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// A verdict on time alone would say nothing of a run that learns badly at full speed.
std::string curves_text(const PastCurves& past, std::size_t width) {
  std::string text;
  for (const CurveFinding& finding : past.findings)
    text += '\n' + wrap(fmt::format("The curves of run {}: {}", past.run, finding.text()), width) + '\n';
  return text;
}

ExitCode diagnose(const DiagnoseArguments& arguments) {
  auto helpers = share_cores(arguments);
  if (!helpers) return refuse(helpers.error());
  auto document = prepare(arguments);
  if (!document) {
    complain(document.error());
    return exit_code(document.error().code);
  }
  std::optional<Examination> found;
  std::optional<Stalls> stalls;
  std::vector<Split> splits;
  {
    const Watch watch(arguments, std::move(*helpers));
    auto examined = examine(*document, watch.options(), arguments.seconds);
    if (!examined) return watch.failed(examined.error());
    found = std::move(*examined);
    if (arguments.stalls) {
      auto measured = decompose(*document, watch.options());
      if (!measured) return watch.failed(measured.error());
      stalls = *measured;
    }
    if (arguments.splits) {
      auto measured = split_curve(*found, watch.options());
      if (!measured) return watch.failed(measured.error());
      splits = std::move(*measured);
    }
  }
  const std::vector<Fix> fixes = fixes_of(*found);
  const std::size_t width = width_of(stdout);
  std::string text = examination_text(*found, fixes, width);
  if (stalls) text += stalls_text(*stalls);
  if (!splits.empty()) text += splits_text(splits, width);
  const PastCurves past = curves_of_last_run(*document, source_file(arguments.file));
  text += curves_text(past, width);
  std::string json;
  if (!arguments.json.empty()) {
    json = examination_json(*found, fixes);
    add_json(json, stalls, splits, past);
    json = json_with_curves(json, past.findings);
  }
  return deliver(arguments.json, text, json);
}

}  // namespace

void add_diagnose(CLI::App& app, ExitCode& code) {
  CLI::App* command =
      app.add_subcommand("diagnose", "Say what limits a graph, how fast it could be, and what would help");
  explain(*command,
          "Runs the graph for a while and gives a verdict in words, with its evidence; the ceiling beside the measured "
          "rate; and fixes, each with the gain that it is predicted to bring; and what the curves of the newest "
          "recorded run of "
          "this graph say of how it learns. Nothing is said before 20 steps after the warm-up.");
  command->footer(
      "Examples:\n"
      "  feedline-cli diagnose my.feedline\n"
      "  feedline-cli diagnose my.feedline --stalls    how much is preparing, how much is fetching?\n"
      "  feedline-cli diagnose my.feedline --splits    what would doing a part once, before training, bring?\n"
      "  feedline-cli diagnose my.feedline --nproc 4   what limits it when four processes train it together?\n"
      "  feedline-cli diagnose my.feedline --json -\n");
  auto arguments = std::make_shared<DiagnoseArguments>();
  add_measure_arguments(*command, *arguments);
  add_budget_arguments(*command, *arguments);
  command->add_option("--seconds", arguments->seconds, "Measure for so long after the warm-up (5)")
      ->type_name("S")
      ->check(CLI::Range(0.2, 3600.0));
  CLI::Option* stalls = command->add_flag(
      "--stalls", arguments->stalls,
      "Also run with the same batches again and again, and with a cold file cache: the step alone, and what "
      "preparing and fetching cost beyond it");
  CLI::Option* splits = command->add_flag(
      "--splits", arguments->splits,
      "Also measure, for each node behind which records can be kept, what doing everything up to it once "
      "costs and brings");
  add_processes(*command, *arguments)->excludes(stalls)->excludes(splits);  // these are measured in one process
  command->callback([arguments, &code] { code = diagnose(*arguments); });
}

}  // namespace feedline::cli
