// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/help.h"
#include "cli/run_arguments.h"
#include "cli/terminal.h"

#include <memory>

namespace feedline::cli {
namespace {

ExitCode run(const RunArguments& arguments) {
  auto document = prepare(arguments);
  if (!document) {
    complain(document.error());
    return exit_code(document.error().code);
  }
  Interrupts interrupts;
  const Outcome outcome = drive(std::move(*document), arguments.options(), interrupts, !arguments.trace.empty());
  return write_results(arguments, outcome, conclude(outcome));
}

}  // namespace

void add_run(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("run", "Train the model of a graph");
  explain(
      *command,
      "Trains the model of a graph. Progress is on standard error: epoch, step, samples a second, the share of time "
      "that the trainer waits for batches, time to go, loss, accuracy. Ctrl-C stops cleanly and still writes the JSON; "
      "a second one ends at once.");
  command->footer(
      "Examples:\n"
      "  feedline-cli run example:quickstart\n"
      "  feedline-cli run my.feedline --set source.folder=PHOTOS --set batch.size=32 --epochs 10\n"
      "  feedline-cli run my.feedline --seed 7 --json result.json\n"
      "  feedline-cli run my.feedline --max-steps 100 --json - | jq .epochs\n");
  auto arguments = std::make_shared<RunArguments>();
  add_run_arguments(*command, *arguments);
  command->callback([arguments, &code] { code = run(*arguments); });
}

}  // namespace feedline::cli
