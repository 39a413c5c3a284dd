// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/command_list.h"

#include <array>

namespace feedline::cli {

std::span<const AddCommand> all_commands() {
  static constexpr std::array kAll = {
      add_run,      add_predict,  add_evaluate, add_export,    add_runs,       add_report, add_profile,
      add_diagnose, add_whatif,   add_prove,    add_tune,      add_find_lr,    add_study,  add_track_record,
      add_check,    add_validate, add_nodes,    add_new,       add_batches,    add_fitted, add_preview,
      add_bench,    add_doctor,   add_pretrain, add_baselines, add_importance, add_launch, add_node};
  return kAll;
}

}  // namespace feedline::cli

extern "C" int feedline_run_program(int argc, char** argv);

/// Found by its name: see kAllCommands.
int feedline_run_program(int argc, char** argv) {
  return feedline::cli::run_program(argc, argv, feedline::cli::all_commands());
}
