// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/profile_report.h"
#include "cli/run_arguments.h"
#include "cli/terminal.h"

#include <cstdio>
#include <memory>

namespace feedline::cli {
namespace {

/// Long enough for steady rates, short enough to wait for.
constexpr double kDefaultSeconds = 10;

struct ProfileArguments : RunArguments {
  std::optional<double> seconds{};
  bool no_train = false;
};

ExitCode profile(const ProfileArguments& arguments) {
  auto document = prepare(arguments);
  if (!document) {
    complain(document.error());
    return exit_code(document.error().code);
  }
  RunOptions options = arguments.options();
  options.train = !arguments.no_train;
  options.max_seconds = arguments.seconds;
  if (!options.max_seconds && !options.epochs && !options.max_steps) options.max_seconds = kDefaultSeconds;

  Interrupts interrupts;
  const Outcome outcome = drive(std::move(*document), options, interrupts, !arguments.trace.empty());
  const ExitCode code = conclude(outcome);
  if (!outcome.started) return code;
  const bool for_programs = is_standard_output(arguments.json) || is_standard_output(arguments.trace);
  std::FILE* const people = for_programs ? stderr : stdout;
  put(people, profile_report(outcome.result, outcome.diagnosis ? &*outcome.diagnosis : nullptr, options.train,
                             width_of(people)));
  return write_results(arguments, outcome, code);
}

}  // namespace

void add_profile(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("profile", "Measure a graph and name its bottleneck");
  explain(
      *command,
      "Runs a graph for a while (10 seconds unless told otherwise) and prints what limits it and what each node of the "
      "data side did: "
      "records per second, share of its workers' time busy on a CPU, starved (waiting for input) and blocked (waiting "
      "for "
      "room), how full the queue behind it was, and its share of all CPU time. With training, also where a step's time "
      "went.");
  command->footer(
      "Examples:\n"
      "  feedline-cli profile example:quickstart\n"
      "  feedline-cli profile my.feedline --no-train --seconds 20   how fast could the data side go?\n"
      "  feedline-cli profile my.feedline --workers 1 --json profile.json\n");
  auto arguments = std::make_shared<ProfileArguments>();
  add_run_arguments(*command, *arguments);
  command->add_option("--seconds", arguments->seconds, "Measure for so long, counted from the first batch")
      ->type_name("S")
      ->check(CLI::Range(0.1, 1e6));
  command->add_flag("--no-train", arguments->no_train, "Drain the batches instead of training: the data side alone");
  command->callback([arguments, &code] { code = profile(*arguments); });
}

}  // namespace feedline::cli
