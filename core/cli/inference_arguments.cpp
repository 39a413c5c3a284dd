// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/inference_arguments.h"

#include "base/user_path.h"
#include "cli/terminal.h"

#include <utility>

namespace feedline::cli {

void add_inference_arguments(CLI::App& command, InferenceArguments& arguments) {
  command.add_option("--device", arguments.device, "Where to compute: auto, cpu, cuda or cuda:1")->type_name("NAME");
  command.add_option("--workers", arguments.workers, "Threads that prepare data; 0: as the machine suggests")
      ->type_name("N")
      ->check(CLI::Range(0U, 1024U));
  command
      .add_option(
          "--json", arguments.json,
          "Write the result as JSON to this file, or to standard output for '-' (which then carries nothing else)")
      ->type_name("PATH|-");
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
