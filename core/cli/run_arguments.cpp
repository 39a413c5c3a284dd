// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/run_arguments.h"

#include "cli/curves_text.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "graph/validate.h"
#include "training/report.h"

#include <algorithm>
#include <limits>

namespace feedline::cli {

RunOptions RunArguments::options() const {
  RunOptions options;
  options.epochs = epochs;
  options.max_steps = max_steps;
  options.device = device;
  options.seed = seed;
  options.workers = workers;
  options.staged = staged;
  options.meters = !no_meters;
  options.max_records = max_records;
  options.validate = !no_validation;
  return options;
}

void add_data_arguments(CLI::App& command, RunArguments& arguments) {
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  add_file(command, arguments.file);
  add_set(command, arguments.set);
  command
      .add_option("--epochs", arguments.epochs,
                  "Passes over the training data, instead of the trainer's epochs; 0: until stopped (Ctrl-C)")
      ->type_name("N")
      ->check(CLI::Range(0U, 1000000U));
  command
      .add_option("--seed", arguments.seed,
                  "Start of all random numbers. On the CPU one seed gives one result, to the last bit")
      ->type_name("S")
      ->check(CLI::Range(std::int64_t{0}, static_cast<std::int64_t>(kMost)));
  command.add_option("--workers", arguments.workers, "Threads that prepare data; 0: as the machine suggests")
      ->type_name("N")
      ->check(CLI::Range(0U, 1024U));
  command.add_flag("--staged", arguments.staged,
                   "Show every queue: each node gets workers and a queue of its own. The batches stay the same");
}

void add_run_arguments(CLI::App& command, RunArguments& arguments) {
  add_data_arguments(command, arguments);
  command.add_option("--max-steps", arguments.max_steps, "Stop after so many batches")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53U));
  command
      .add_option("--device", arguments.device,
                  "Where to train: auto, cpu, cuda, cuda:1; several GPUs: cuda:0,cuda:1 or cuda:all")
      ->type_name("NAME");
  command.add_flag("--no-meters", arguments.no_meters, "Measure nothing on the data side, to see what measuring costs");
  add_result_option(command, "--json", arguments.json,
                    "Write the result as JSON to this file, or to standard output (which then carries nothing else)");
  command
      .add_option("--trace", arguments.trace,
                  "Write the timeline of the last moments to this file (or - for standard output): every worker, queue "
                  "and step, to be opened in ui.perfetto.dev or chrome://tracing")
      ->type_name("PATH|-");
}

ExitCode write_results(const RunArguments& arguments, const Outcome& outcome, ExitCode code) {
  if (!outcome.started) return code;
  const auto write = [&](const std::string& path, std::string_view text) {
    const auto written = write_result(path, text);
    if (written) return;
    complain(written.error());
    if (code == kOk) code = kBadInput;
  };
  if (!arguments.json.empty())
    write(arguments.json, json_with_curves(report_json(outcome.result), outcome.curves) + '\n');
  if (!arguments.trace.empty()) write(arguments.trace, outcome.trace);
  if (!arguments.bad_records.empty()) write(arguments.bad_records, bad_records_csv(outcome.result.bad_records));
  return code;
}

Result<Document> prepare(const RunArguments& arguments) {
  auto loaded = load_graph(arguments.file);
  if (!loaded) return fail(std::move(loaded.error()));
  for (const Problem& note : loaded->notes) warn(note.error);
  if (auto applied = apply_overrides(loaded->document, arguments.set); !applied)
    return fail(std::move(applied.error()));
  const auto paths = {&arguments.json, &arguments.trace, &arguments.bad_records};
  if (std::count_if(paths.begin(), paths.end(), [](const std::string* path) { return is_standard_output(*path); }) > 1)
    return fail(Error{.reason = "only one of --json, --trace and --bad-records can go to standard output",
                      .remedy = "Give the others a file"});
  for (const std::string* path : paths)
    if (!path->empty())
      if (auto writable = check_writable(*path); !writable) return fail(std::move(writable.error()));

  const Analysis analysis = analyse(loaded->document);
  std::size_t more = 0;
  const Error* first = nullptr;
  for (const Problem& problem : analysis.problems) {
    if (problem.severity == Problem::Severity::Warning) {
      warn(problem.error);
    } else if (first == nullptr) {
      first = &problem.error;
    } else {
      ++more;
    }
  }
  if (first == nullptr) return std::move(loaded->document);
  Error error = *first;
  if (more > 0) {
    error.remedy += (error.remedy.empty() ? "" : ". ") + std::string("There ") + (more == 1 ? "is " : "are ") +
                    count(more) + " more: feedline-cli validate " + arguments.file;
  }
  return fail(std::move(error));
}

}  // namespace feedline::cli
