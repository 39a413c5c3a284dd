// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file_limit.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "ranks/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>

namespace feedline::cli {
namespace {

void describe(CLI::App& app) {
  app.name("feedline-cli");
  app.description(paragraph(
      "Feedline trains and profiles the graphs that its window draws: from files on disk, through decoding and "
      "augmentation, to a model. A graph is a .feedline file; every parameter in it can be changed from here."));
  app.footer(
      "First steps:\n"
      "  feedline-cli run example:quickstart        train the built-in example on pictures made on the spot\n"
      "  feedline-cli new image-folder my.feedline  start a graph of your own from an example\n"
      "  feedline-cli run my.feedline --set source.folder=PHOTOS --epochs 3\n"
      "  feedline-cli check my.feedline             is every record of the data fit to be used?\n"
      "  feedline-cli diagnose my.feedline          what limits it, how fast it could be, what would help\n"
      "  feedline-cli tune my.feedline              find faster settings, and prove them\n"
      "  feedline-cli runs compare 1 2              what changed between two runs, and what came of it\n"
      "  feedline-cli nodes random_resized_crop     read about a node and its parameters\n"
      "\nExit codes: 0 done, 2 bad input or usage, 3 a run that failed, 130 interrupted.\n"
      "Help on a command: feedline-cli COMMAND --help");
  app.set_version_flag("--version", "feedline-cli " FEEDLINE_VERSION, "Print the version");
  app.formatter(help_formatter());
  app.set_help_flag("-h,--help", "Print this help");
  app.require_subcommand(1);
}

/// What trains or measures by itself: started as one of several ranks, each of them would do all of it.
constexpr std::array<std::string_view, 11> kForOneProcess = {"profile", "diagnose",  "whatif",    "prove",
                                                             "tune",    "find-lr",   "study",     "pretrain",
                                                             "bench",   "baselines", "importance"};

/// Status of a start by torchrun, srun or launch that the command cannot follow.
Status check_alone(std::string_view command) {
  if (std::find(kForOneProcess.begin(), kForOneProcess.end(), command) == kForOneProcess.end()) return {};
  const auto world = world_of_process();
  if (!world || world->alone()) return {};
  return fail(
      fmt::format("'{}' is for one process, and this is rank {} of {}", command, world->rank, world->size),
      "Start it by itself: env -u RANK -u WORLD_SIZE feedline-cli ... (within srun: env -u SLURM_PROCID); 'run' "
      "trains with several processes, and tells what limits them");
}

int run_checked(int argc, char** argv, std::span<const AddCommand> commands) {
  CLI::App app;
  ExitCode code = kOk;
  describe(app);
  for (const AddCommand add : commands) add(app, code);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) command->group("Commands");

  if (argc < 2) {
    put(stderr, app.help());
    return kBadInput;
  }
  if (Status alone = check_alone(argv[1]); !alone) return refuse(alone.error());
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    put(stdout, app.help());
  } catch (const CLI::CallForAllHelp&) {
    put(stdout, app.help("", CLI::AppFormatMode::All));
  } catch (const CLI::CallForVersion& version) {
    put_line(stdout, version.what());
  } catch (const CLI::ParseError& error) {
    put_line(stderr, "error: " + usage_error(app, error));
    return kBadInput;
  }
  if (const auto written = flush_output(false); !written) {
    complain(written.error());
    return kBadInput;
  }
  return code;
}

}  // namespace

int run_program(int argc, char** argv, std::span<const AddCommand> commands) {
  prepare_standard_streams();
  raise_file_limit();
  try {
    return run_checked(argc, argv, commands);
  } catch (const std::exception& error) {
    complain({.code = ErrorCode::Failed, .reason = error.what(), .node = "feedline-cli"});
    return kFailed;
  }
}

}  // namespace feedline::cli
