// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/run_arguments.h"
#include "cli/terminal.h"
#include "graph/validate.h"

namespace feedline::cli {
namespace {

struct ValidateArguments {
  std::string file{};
  std::vector<std::string> set{};
};

struct Tally {
  std::size_t errors = 0;
  std::size_t warnings = 0;

  void report(const std::vector<Problem>& problems) {
    for (const Problem& problem : problems) {
      const bool is_error = problem.severity == Problem::Severity::Error;
      ++(is_error ? errors : warnings);
      is_error ? complain(problem.error) : warn(problem.error);
    }
  }
};

ExitCode validate(const ValidateArguments& arguments) {
  auto loaded = load_graph(arguments.file);
  if (!loaded) {
    complain(loaded.error());
    return exit_code(loaded.error().code);
  }
  Tally tally;
  tally.report(loaded->notes);
  if (const auto applied = apply_overrides(loaded->document, arguments.set); !applied) {
    complain(applied.error());
    return exit_code(applied.error().code);
  }
  tally.report(analyse(loaded->document).problems);

  const Document& document = loaded->document;
  if (tally.errors > 0) return kBadInput;
  put_line(stdout, fmt::format("{}: {}, {}, {}", arguments.file, plural(document.nodes().size(), "node"),
                               plural(document.links().size(), "wire"),
                               tally.warnings == 0 ? "no problems" : plural(tally.warnings, "warning")));
  return kOk;
}

}  // namespace

void add_validate(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("validate", "Check a graph without running it");
  command->description(paragraph(
      "Checks a graph without running it: the file itself, node types, parameters, wires, shapes through the whole model. "
      "Every problem is one line on standard error, naming the node and what to do. Warnings alone leave the exit code "
      "at 0. Data files are not opened; 'run' checks those."));
  command->footer(
      "\nExamples:\n"
      "  feedline-cli validate my.feedline\n"
      "  feedline-cli validate my.feedline --set crop.size=64\n");
  auto arguments = std::make_shared<ValidateArguments>();
  add_file(*command, arguments->file);
  add_set(*command, arguments->set);
  command->callback([arguments, &code] { code = validate(*arguments); });
}

}  // namespace feedline::cli
