// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/baselines_report.h"
#include "cli/commands.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/measuring.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "recording/study_log.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace feedline::cli {
namespace {

struct BaselineArguments : MeasureArguments {
  std::size_t folds = 5;
  double budget = 120;
  std::vector<std::string> models{};
  std::optional<std::int64_t> seed{};
  std::string name{};
  bool no_record = false;
};

/// What can be wrong before anything runs.
Result<BaselineOptions> baseline_options(const BaselineArguments& arguments) {
  BaselineOptions options{.name = arguments.name.empty() ? new_baselines_name() : arguments.name,
                          .folds = arguments.folds,
                          .budget_s = arguments.budget,
                          .models = arguments.models};
  if (options.name.find_first_of(" \t\n,") != std::string::npos)
    return fail(Error{.reason = "'" + options.name + "' cannot be the name of a comparison",
                      .remedy = "Use one word without commas: its runs have it as their tag",
                      .parameter = "--name"});
  if (!arguments.json.empty() && !is_standard_output(arguments.json))
    if (Status writable = check_writable(arguments.json); !writable) return fail(std::move(writable.error()));
  return options;
}

ExitCode baselines(const BaselineArguments& arguments) {
  auto options = baseline_options(arguments);
  if (!options) return refuse(options.error());
  const auto document = prepare(arguments);
  if (!document) return refuse(document.error());
  std::optional<Error> fault;
  std::optional<Baselines> found;
  {
    const Watch watch(arguments);
    options->measure = watch.options();
    options->measure.run.seed = arguments.seed;
    if (!arguments.no_record)
      options->open_log =
          record_trials({.title = document->title(), .file = source_file(arguments.file), .origin = "command line"},
                        [&fault](const Error& error) { fault = error; });
    auto done = run_baselines(*document, *options);
    if (!done) return watch.failed(done.error());
    found = std::move(*done);
  }
  if (fault) warn(*fault);
  const ExitCode code =
      deliver(arguments.json, baselines_text(*found, width_of(is_standard_output(arguments.json) ? stderr : stdout)),
              baselines_json(*found));
  if (code != kOk) return code;
  if (!arguments.no_record) put_line(stderr, fmt::format("recorded: feedline-cli runs list --tag {}", found->name));
  return found->end == Study::End::Cancelled ? kInterrupted : kOk;
}

}  // namespace

void add_baselines(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("baselines", "Hold a graph's model against simpler ones: accuracy and time");
  explain(*command,
          "Trains simpler models on the same prepared features as the graph's own, the cheapest first: the most "
          "frequent class, linear models, trees, neighbours, boosted trees, a kernel SVM, a small net, and last what "
          "is drawn. Each runs in every fold of the training records. Shows the metric and the time to fit with 95 % "
          "intervals over the folds, the Pareto front, and says in words what the next model up costs and brings. "
          "Every run is recorded. Ctrl-C ends it and shows what is known by then.");
  command->footer(
      "Examples:\n"
      "  feedline-cli baselines example:baselines\n"
      "  feedline-cli baselines my.feedline --budget 10m --folds 10 --json baselines.json\n"
      "  feedline-cli baselines my.feedline --models majority_class,boosted_trees,as_drawn\n");
  auto arguments = std::make_shared<BaselineArguments>();
  add_measure_arguments(*command, *arguments);
  command
      ->add_option("--budget", arguments->budget,
                   "Time for all runs: 90s, 10m, 2h (2m). A model that takes longer than its part of it is cut off")
      ->type_name("TIME")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, double>{{"s", 1}, {"sec", 1}, {"m", 60}, {"min", 60}, {"h", 3600}}))
      ->check(CLI::PositiveNumber);
  command->add_option("--folds", arguments->folds, "Parts of the training records, of which each validates once (5)")
      ->type_name("K")
      ->check(CLI::Range(std::size_t{2}, kMostFolds));
  command->add_option("--models", arguments->models, "Only these, by the names that --json has")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--seed", arguments->seed, "Seed of the folds and the models; default: the trainer's")
      ->type_name("S")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{4'294'967'195}));
  command->add_option("--name", arguments->name, "The tag of its runs in the record; default: made of the time")
      ->type_name("WORD");
  command->add_flag("--no-record", arguments->no_record, "Leave its runs out of the record ('feedline-cli runs')");
  command->callback([arguments, &code] { code = baselines(*arguments); });
}

}  // namespace feedline::cli
