// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/user_path.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/json_values.h"
#include "cli/measuring.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "graph/json.h"
#include "tuning/tune.h"

#include <fmt/format.h>

#include <memory>

namespace feedline::cli {
namespace {

struct TuneArguments : MeasureArguments {
  double budget = 15;
  bool allow_result_changes = false;
  std::string out{};
};

std::string tune_text(const TuneResult& result, std::size_t width) {
  std::string text = wrap("It was: " + result.first.verdict.text(), width) + "\n\n";
  if (result.steps.empty()) text += "No change is predicted to help.\n";
  for (const TuneStep& step : result.steps) {
    text += wrap(fmt::format("{} {}: predicted {:.2f} times, measured {:.2f} times. {}", step.kept ? "+" : "-",
                             step.title, step.predicted, step.measured, step.why),
                 width, 2) +
            '\n';
  }
  text += '\n';
  if (!result.improved) return text + "The graph stays as it is: nothing that was tried is faster.\n";
  text += fmt::format("Tuned: {:.2f} times as fast, 95 % interval {:.2f} to {:.2f}, measured side by side.\n",
                      result.gain.ratio, result.gain.low, result.gain.high);
  return text + wrap("Now: " + result.last.verdict.text(), width) + '\n';
}

std::string tune_json(const TuneResult& result) {
  Json json;
  json["improved"] = result.improved;
  json["ratio"] = result.gain.ratio;
  json["interval"] = {result.gain.low, result.gain.high};
  json["before_samples_per_s"] = result.first.measured();
  json["after_samples_per_s"] = result.last.measured();
  json["verdict_before"] = result.first.verdict.text();
  json["verdict_after"] = result.last.verdict.text();
  json["steps"] = Json::array();
  for (const TuneStep& step : result.steps)
    json["steps"].push_back({{"fix", step.fix},
                             {"title", step.title},
                             {"why", step.why},
                             {"predicted_ratio", step.predicted},
                             {"measured_ratio", step.measured},
                             {"kept", step.kept}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

ExitCode tune(const TuneArguments& arguments) {
  auto document = prepare(arguments);
  if (document && !arguments.out.empty())
    if (auto writable = check_writable(arguments.out); !writable) document = fail(std::move(writable.error()));
  if (!document) {
    complain(document.error());
    return exit_code(document.error().code);
  }
  std::optional<TuneResult> result;
  {
    const Watch watch(arguments);
    auto tuned = feedline::tune(*document, {.measure = watch.options(),
                                            .budget_seconds = arguments.budget,
                                            .allow_result_changes = arguments.allow_result_changes});
    if (!tuned) return watch.failed(tuned.error());
    result = std::move(*tuned);
  }
  const ExitCode code = deliver(arguments.json, tune_text(*result, width_of(stdout)), tune_json(*result));
  if (code != kOk || arguments.out.empty()) return code;
  if (const Status saved = save_document(result->document, user_path(arguments.out)); !saved) {
    complain(saved.error());
    return exit_code(saved.error().code);
  }
  put_line(stderr, "wrote " + arguments.out);
  return kOk;
}

}  // namespace

void add_tune(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("tune", "Find the fastest settings of a graph by measuring and solving");
  explain(
      *command,
      "Measures the graph, solves for its bottleneck, tries what is predicted to bring most, keeps what is measured "
      "to be faster, and goes on until nothing helps or the budget is spent. In the end the original and the tuned "
      "graph run side by side; unless the tuned one is faster, the original stays. What may change accuracy "
      "is tried only with --allow-result-changes.");
  command->footer(
      "Examples:\n"
      "  feedline-cli tune my.feedline --out tuned.feedline\n"
      "  feedline-cli tune my.feedline --budget-seconds 60 --allow-result-changes --out tuned.feedline\n");
  auto arguments = std::make_shared<TuneArguments>();
  add_measure_arguments(*command, *arguments);
  add_budget_arguments(*command, *arguments);
  command->add_option("--budget-seconds", arguments->budget, "Time budget in seconds (15)")
      ->type_name("S")
      ->check(CLI::Range(2.0, 86400.0));
  command->add_flag("--allow-result-changes", arguments->allow_result_changes,
                    "Also try what may change accuracy: batch size, precision, replicas, order of nodes");
  command->add_option("--out", arguments->out, "Write the tuned graph to this file")->type_name("FILE");
  command->callback([arguments, &code] { code = tune(*arguments); });
}

}  // namespace feedline::cli
