// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/inference_arguments.h"

#include "base/user_path.h"
#include "cli/graph_arguments.h"
#include "cli/graph_file.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "training/resume.h"

#include <utility>

namespace feedline::cli {

void add_inference_arguments(CLI::App& command, InferenceArguments& arguments) {
  command.add_option("--device", arguments.device, "Where to compute: auto, cpu, cuda or cuda:1")->type_name("NAME");
  command.add_option("--workers", arguments.workers, "Threads that prepare data; 0: as the machine suggests")
      ->type_name("N")
      ->check(CLI::Range(0U, 1024U));
  add_result_option(command, "--json", arguments.json,
                    "Write the result as JSON to this file, or to standard output (which then carries nothing else)");
}

void add_measured_arguments(CLI::App& command, MeasuredArguments& arguments) {
  add_set(command, arguments.set);
  command.add_option("--data", arguments.data, "Another file or folder in place of the graph's; every record of it")
      ->type_name("PATH");
  command.add_flag("--all", arguments.all, "Every record of the graph's data, not only those set aside");
}

Result<Document> measured_graph(const TrainingState& state, const MeasuredArguments& arguments) {
  auto document = graph_of(state);
  if (!document) return fail(std::move(document.error()));
  if (Status set = apply_overrides(*document, arguments.set); !set) return fail(std::move(set.error()));
  return arguments.data.empty() ? std::move(document) : with_data(std::move(*document), arguments.data);
}

Result<OpenedCheckpoint> open_for_inference(const std::string& place) {
  auto opened = open_best_checkpoint(user_path(place));
  if (!opened) return fail(std::move(opened.error()));
  for (Error error : opened->damaged) {
    error.remedy = "An earlier one is used";
    warn(error);
  }
  return opened;
}

}  // namespace feedline::cli
