// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/measuring.h"

#include "base/cores.h"
#include "base/own_program.h"
#include "cli/format.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <utility>

namespace feedline::cli {

void add_measure_arguments(CLI::App& command, MeasureArguments& arguments) {
  add_file(command, arguments.file);
  add_set(command, arguments.set);
  command
      .add_option("--device", arguments.device,
                  "Where to train: auto, cpu, cuda, cuda:1; several GPUs: cuda:0,cuda:1 or cuda:all")
      ->type_name("NAME");
  add_result_option(command, "--json", arguments.json,
                    "Write the result as JSON to this file, or to standard output (which then carries nothing else)");
}

void add_budget_arguments(CLI::App& command, MeasureArguments& arguments) {
  command.add_option("--cores", arguments.cores, "Use only so many of the machine's cores")
      ->type_name("N")
      ->check(CLI::Range(1U, 4096U));
  command.add_option("--memory", arguments.memory, "Bytes that caches may take; unless told: what is free")
      ->type_name("BYTES")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::NonNegativeNumber);
}

CLI::Option* add_processes(CLI::App& command, MeasureArguments& arguments) {
  return command
      .add_option("--nproc", arguments.processes,
                  "Measure a run of so many processes, as launch starts them on this machine (1)")
      ->type_name("N")
      ->check(CLI::Range(1, 64));
}

Result<HelperPlan> share_cores(const MeasureArguments& arguments) {
  HelperPlan plan{.processes = arguments.processes};
  if (plan.processes < 2) return plan;
  auto program = own_program();
  if (!program) return fail(std::move(program.error()));
  plan.program = std::move(*program);
  if (arguments.cores) limit_cores(*arguments.cores);
  plan.cores = allowed_cores();
  keep_to_cores(cores_of_part(plan.cores, 0, plan.processes));
  return plan;
}

Result<Document> prepare(const MeasureArguments& arguments) {
  if (arguments.cores) limit_cores(*arguments.cores);
  RunArguments run;
  run.file = arguments.file;
  run.set = arguments.set;
  run.json = arguments.json;
  return prepare(run);
}

Watch::Watch(const MeasureArguments& arguments, HelperPlan helpers) {
  options_.helpers = std::move(helpers);
  options_.run.device = arguments.device;
  if (arguments.memory) options_.memory = static_cast<std::uint64_t>(*arguments.memory);
  options_.stop = stop_.token();
  if (is_terminal(stderr))
    options_.progress = [](std::string_view what, double left) {
      put(stderr, fmt::format("\r\x1b[K{} ... {:.0f} s to go", what, left));
    };
}

Watch::~Watch() {
  if (options_.progress) put(stderr, "\r\x1b[K");
}

ExitCode Watch::failed(const Error& error) const {
  if (options_.progress) put(stderr, "\r\x1b[K");
  return stop_.failed(error);
}

std::vector<Fix> fixes_of(const Examination& examination) {
  return find_fixes({.document = examination.document, .facts = examination.facts, .diagnosis = examination.diagnosis});
}

ExitCode deliver(const std::string& path, const std::string& text, const std::string& json) {
  put(is_standard_output(path) ? stderr : stdout, text);
  if (path.empty()) return kOk;
  if (const auto written = write_result(path, json + '\n'); !written) {
    complain(written.error());
    return kBadInput;
  }
  return kOk;
}

}  // namespace feedline::cli
