// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Includes no CLI11, which costs every file that does 4 s to compile: commands.h, which does, is for the commands.

#include "cli/exit_code.h"

#include <span>

namespace CLI {
class App;
}

namespace feedline::cli {

// One subcommand each, in a file of its own: declares its arguments and, when chosen, does its work and sets `code`.
void add_run(CLI::App& app, ExitCode& code);
void add_launch(CLI::App& app, ExitCode& code);
void add_pretrain(CLI::App& app, ExitCode& code);
void add_predict(CLI::App& app, ExitCode& code);
void add_evaluate(CLI::App& app, ExitCode& code);
void add_export(CLI::App& app, ExitCode& code);
void add_importance(CLI::App& app, ExitCode& code);
void add_profile(CLI::App& app, ExitCode& code);
void add_check(CLI::App& app, ExitCode& code);
void add_validate(CLI::App& app, ExitCode& code);
void add_node(CLI::App& app, ExitCode& code);
void add_nodes(CLI::App& app, ExitCode& code);
void add_new(CLI::App& app, ExitCode& code);
void add_batches(CLI::App& app, ExitCode& code);
void add_fitted(CLI::App& app, ExitCode& code);
void add_preview(CLI::App& app, ExitCode& code);
void add_bench(CLI::App& app, ExitCode& code);
void add_doctor(CLI::App& app, ExitCode& code);
void add_diagnose(CLI::App& app, ExitCode& code);
void add_whatif(CLI::App& app, ExitCode& code);
void add_prove(CLI::App& app, ExitCode& code);
void add_tune(CLI::App& app, ExitCode& code);
void add_find_lr(CLI::App& app, ExitCode& code);
void add_study(CLI::App& app, ExitCode& code);
void add_baselines(CLI::App& app, ExitCode& code);
void add_track_record(CLI::App& app, ExitCode& code);
void add_runs(CLI::App& app, ExitCode& code);
void add_report(CLI::App& app, ExitCode& code);

using AddCommand = void (*)(CLI::App& app, ExitCode& code);
/// Every command; of the module's file, see kModule.
[[nodiscard]] std::span<const AddCommand> all_commands();
/// The program with these commands; returns its exit code. Never throws.
int run_program(int argc, char** argv, std::span<const AddCommand> commands);

/// Where all commands lie, those that train among them: beside the program, loaded when one of them is wanted. It is
/// `extern "C" int kAllCommands(int argc, char** argv)`.
inline constexpr const char* kModule = "feedline-cli.so";
inline constexpr const char* kAllCommands = "feedline_run_program";

}  // namespace feedline::cli
