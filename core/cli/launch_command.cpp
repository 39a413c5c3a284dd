// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/own_program.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/interrupts.h"
#include "cli/terminal.h"
#include "ranks/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace feedline::cli {
namespace {

struct LaunchArguments {
  int processes = 0;
  bool unbound = false;
  int machines = 1;
  int machine = 0;
  std::string meeting{};
  int restarts = 0;
};

/// "host:port", "[::1]:port".
Status read_meeting(const std::string& text, LaunchPlan& plan) {
  const std::size_t colon = text.rfind(':');
  const char* const begin = text.data() + std::min(text.size(), colon + 1);
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(begin, end, plan.meeting_port);
  plan.meeting_host = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (plan.meeting_host.size() > 2 && plan.meeting_host.front() == '[')
    plan.meeting_host = plan.meeting_host.substr(1, plan.meeting_host.size() - 2);
  if (error == std::errc() && at == end && plan.meeting_port != 0 && !plan.meeting_host.empty()) return {};
  return fail(fmt::format("--rdzv '{}' is no host and port", text),
              "Give those of the first machine, the same on all: --rdzv node01:29500");
}

bool is_given(const std::vector<std::string>& words, std::string_view option) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == option || (word.starts_with(option) && word.substr(option.size()).starts_with('='));
  });
}

Result<LaunchPlan> plan_of(const LaunchArguments& arguments, const std::vector<std::string>& words) {
  LaunchPlan plan{.processes = arguments.processes,
                  .machines = arguments.machines,
                  .machine = arguments.machine,
                  .binds = !arguments.unbound,
                  .restarts = arguments.restarts};
  auto program = own_program();
  if (!program) return fail(std::move(program.error()));
  plan.program = std::move(*program);
  if (arguments.machine >= arguments.machines)
    return fail(fmt::format("--node-rank {} is none of {}", arguments.machine,
                            plural(static_cast<std::uint64_t>(arguments.machines), "machine")),
                "Machines are counted from 0");
  if (arguments.machines > 1 || !arguments.meeting.empty())
    if (Status read = read_meeting(arguments.meeting, plan); !read) return fail(std::move(read.error()));
  plan.arguments = {"run"};
  plan.arguments.insert(plan.arguments.end(), words.begin(), words.end());
  if (arguments.restarts == 0) return plan;
  if (!is_given(words, "--checkpoints"))
    return fail("--restarts needs a folder of checkpoints to go on from",
                "Add --checkpoints FOLDER, which all machines must see");
  if (!is_given(words, "--resume")) plan.when_restarted = {"--resume"};
  return plan;
}

ExitCode launch(const LaunchArguments& arguments, const std::vector<std::string>& words) {
  if (words.empty() || words.front().starts_with('-'))
    return refuse({.reason = "no graph is given to be trained",
                   .remedy = "Give it behind the options of launch: feedline-cli launch --nproc 2 my.feedline"});
  auto plan = plan_of(arguments, words);
  if (!plan) return refuse(plan.error());
  // What is wrong with the file is told once, not by every process.
  if (const auto loaded = load_graph(words.front()); !loaded) return refuse(loaded.error());
  Interrupts interrupts;
  const auto end = feedline::launch(*plan, {.signal = [&] { return interrupts.requested() ? SIGINT : 0; },
                                            .line = [](std::string_view line) { put_line(stderr, line); }});
  if (!end) return refuse(end.error());
  for (const std::string& failure : end->failures) put_line(stderr, failure);
  return static_cast<ExitCode>(end->exit_code);
}

}  // namespace

void add_launch(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("launch", "Train a graph by several processes together");
  explain(*command,
          "Starts 'run' several times on this machine; the processes (ranks) share each batch, add up their gradients, "
          "and so train one model. Everything behind the options of launch is handed to run: the graph first. Rank 0 "
          "shows and records the run; what the others say has their number before it. Where one fails, all end, and "
          "with --restarts they begin again from the last checkpoint. Several machines: the same command on each, with "
          "--nnodes, --node-rank and --rdzv. 'run' itself understands torchrun and Slurm: see the help page 'Several "
          "processes and machines'.");
  command->footer(
      "Examples:\n"
      "  feedline-cli launch --nproc 2 example:quickstart\n"
      "  feedline-cli launch --nproc 4 --restarts 3 my.feedline --checkpoints CKPT --epochs 10\n"
      "  feedline-cli launch --nproc 8 --nnodes 2 --node-rank 1 --rdzv node01:29500 my.feedline\n"
      "  torchrun --no_python --nproc_per_node 2 feedline-cli run my.feedline\n"
      "  srun --ntasks 8 feedline-cli run my.feedline\n");
  auto arguments = std::make_shared<LaunchArguments>();
  command->add_option("--nproc", arguments->processes, "Processes on this machine; as a rule one a core or GPU")
      ->type_name("N")
      ->required()
      ->check(CLI::Range(1, 1024));
  command->add_flag(
      "--unbound", arguments->unbound,
      "Let the system choose on which cores each process runs; else each has its own where there are enough");
  command->add_option("--nnodes", arguments->machines, "Machines, each with as many processes (1)")
      ->type_name("K")
      ->check(CLI::Range(1, 1024));
  command->add_option("--node-rank", arguments->machine, "Which of them this one is, from 0 on")
      ->type_name("I")
      ->check(CLI::Range(0, 1023));
  command->add_option("--rdzv", arguments->meeting, "Where the ranks meet: machine 0 and a free port of it")
      ->type_name("HOST:PORT");
  command
      ->add_option("--restarts", arguments->restarts,
                   "After a failure, start all ranks again from the last checkpoint, so often at most (0)")
      ->type_name("K")
      ->check(CLI::Range(0, 1000));
  command->prefix_command();
  command->callback([arguments, command, &code] { code = launch(*arguments, command->remaining()); });
}

}  // namespace feedline::cli
