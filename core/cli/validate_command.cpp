// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_arguments.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "graph/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace feedline::cli {
namespace {

struct ValidateArguments {
  std::vector<std::string> files{};
  std::vector<std::string> set{};
};

/// Prints problems and counts them; among several files each line names its file.
struct Tally {
  std::string file{};
  bool name_file = false;
  std::size_t errors = 0;
  std::size_t warnings = 0;

  void report(const std::vector<Problem>& problems) {
    for (const Problem& problem : problems) {
      const Error error = name_file ? Error(problem.error).in_file(file) : problem.error;
      if (problem.severity == Problem::Severity::Error) {
        ++errors;
        complain(error);
      } else {
        ++warnings;
        warn(error);
      }
    }
  }
};

ExitCode validate(const std::string& file, const ValidateArguments& arguments) {
  auto loaded = load_graph(file);
  if (!loaded) return refuse(loaded.error());
  Tally tally{.file = file, .name_file = arguments.files.size() > 1};
  tally.report(loaded->notes);
  if (const auto applied = apply_overrides(loaded->document, arguments.set); !applied) return refuse(applied.error());
  tally.report(analyse(loaded->document).problems);
  if (tally.errors > 0) return kBadInput;

  const Document& document = loaded->document;
  put_line(stdout, fmt::format("{}: {}, {}, {}", file, plural(document.nodes().size(), "node"),
                               plural(document.links().size(), "wire"),
                               tally.warnings == 0 ? "no problems" : plural(tally.warnings, "warning")));
  return kOk;
}

ExitCode validate_all(const ValidateArguments& arguments) {
  if (arguments.files.empty()) return validate("", arguments);
  ExitCode worst = kOk;
  for (const std::string& file : arguments.files) worst = std::max(worst, validate(file, arguments));
  return worst;
}

}  // namespace

void add_validate(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("validate", "Validate graphs without running them");
  explain(
      *command,
      "Validates graphs without running them: file format, node types, parameters, wires, and shapes through the whole "
      "model. Every problem is one line on standard error that names the node, the reason and the remedy. The exit "
      "code "
      "is 2 if there are errors, 0 if there are only warnings. Data files are not opened; 'check' reads them.");
  command->footer(
      "Examples:\n"
      "  feedline-cli validate my.feedline\n"
      "  feedline-cli validate graphs/*.feedline\n"
      "  feedline-cli validate my.feedline --set crop.size=64\n");
  auto arguments = std::make_shared<ValidateArguments>();
  command->add_option("FILE", arguments->files, "Graph files, or built-in examples such as example:quickstart");
  add_set(*command, arguments->set);
  command->callback([arguments, &code] { code = validate_all(*arguments); });
}

}  // namespace feedline::cli
