// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "recording/report_page.h"
#include "runs/run_store.h"

#include <memory>
#include <string>

namespace feedline::cli {
namespace {

Status write_report(std::int64_t id, const std::string& out) {
  if (auto writable = check_writable(out); !writable) return writable;
  auto database = Database::open();
  if (!database) return fail(std::move(database.error()));
  const auto run = load_run(*database, id);
  if (!run) return fail(run.error());
  return write_result(out, report_page(*run));
}

}  // namespace

void add_report(CLI::App& app, ExitCode& code) {
  struct Arguments {
    std::int64_t run = 0;
    std::string out{};
  };
  CLI::App* command = app.add_subcommand("report", "Write a recorded run as an HTML page");
  explain(
      *command,
      "The page contains verdict, figures, curves, stages, epochs, errors, a drawing of the graph and the environment. "
      "It is self-contained (no other files, no network), follows the reader's light or dark theme, and is printable.");
  command->footer("Example:\n  feedline-cli report 12 --out run12.html\n");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("RUN", arguments->run, "Run number, see 'feedline-cli runs list'")->required();
  command->add_option("--out", arguments->out, "Write the page to this file, or to standard output for '-'")
      ->type_name("PATH|-")
      ->required();
  command->callback([arguments, &code] {
    const auto written = write_report(arguments->run, arguments->out);
    code = written ? kOk : exit_code(written.error().code);
    if (!written) complain(written.error());
  });
}

}  // namespace feedline::cli
