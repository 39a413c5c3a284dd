// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/numbers.h"
#include "base/user_path.h"
#include "cli/checkpoint_arguments.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/rank_run.h"
#include "cli/run_arguments.h"
#include "cli/terminal.h"
#include "ranks/world.h"

#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace feedline::cli {
namespace {

/// What the record of runs could not do; told when nothing is drawn any more.
class Fault {
 public:
  void put(const Error& error) {
    const std::lock_guard lock(mutex_);
    error_ = error;
  }
  [[nodiscard]] std::optional<Error> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(error_, std::nullopt);
  }

 private:
  std::mutex mutex_{};
  std::optional<Error> error_{};
};

/// Where what the run has learnt lies.
void tell_of_checkpoints(const RunResult& result) {
  if (!result.checkpoint.empty()) put_line(stderr, "checkpoint: " + result.checkpoint);
  if (!result.best_checkpoint.empty()) put_line(stderr, "best checkpoint: " + result.best_checkpoint);
}

/// How often a frozen part of the network was looked up.
void tell_of_frozen(const RunResult& result) {
  const FrozenSample& frozen = result.last.trainer.frozen;
  if (frozen.node.empty()) return;
  put_line(stderr, fmt::format("{} is frozen: {} of {} rows needed no pass through it", frozen.node,
                               numbers::count(frozen.hits), numbers::count(frozen.rows)));
}

/// How long each stage of a network computed, and how long it waited for the others.
void tell_of_stages(const RunResult& result) {
  std::size_t stage = 0;
  for (const ModelStageSample& one : result.last.trainer.stages) {
    const double all = seconds(one.busy() + one.idle);
    if (++stage == 1 && all <= 0) return;
    put_line(stderr, fmt::format("stage {} from {}: forward {:.2f} s, backward {:.2f} s, idle {:.0f} %", stage,
                                 one.layers.front().node, seconds(one.forward), seconds(one.backward),
                                 all > 0 ? 100 * seconds(one.idle) / all : 0));
  }
}

ExitCode run(const RunArguments& arguments, const CheckpointArguments& checkpoints) {
  const auto world = world_of_process();
  if (!world) return refuse(world.error());
  auto document = prepare(arguments);
  if (!document) {
    complain(document.error());
    return exit_code(document.error().code);
  }
  if (!checkpoints.best_by.empty())
    if (Status measured = check_metric(*document, checkpoints.best_by, "--checkpoint-best"); !measured)
      return refuse(measured.error());
  RunOptions options = arguments.options();
  options.world = *world;
  if (Status applied = apply_checkpoint_arguments(checkpoints, arguments.file, options); !applied) {
    complain(applied.error());
    return exit_code(applied.error().code);
  }
  Interrupts interrupts;
  if (world->rank > 0) return run_as_rank(std::move(*document), options, interrupts);
  Fault fault;
  std::optional<RunLog> log;
  if (!arguments.no_record) {
    const RunSource source{.title = document->title(), .file = source_file(arguments.file), .origin = "command line"};
    log.emplace(*document, options, source, [&fault](const Error& error) { fault.put(error); });
  }
  if (log) options.checkpoints.recorded = [&log] { return log->recorded_as(); };
  std::shared_ptr<EventFile> events;
  if (!arguments.tensorboard.empty()) {
    auto opened = EventFile::open(user_path(arguments.tensorboard), *document);
    if (!opened) return refuse(opened.error());
    options.watch = events = std::move(*opened);
  }
  const Outcome outcome =
      drive(std::move(*document), options, interrupts, !arguments.trace.empty(), log ? &*log : nullptr, events.get());
  const ExitCode code = conclude(outcome);
  tell_of_checkpoints(outcome.result);
  tell_of_frozen(outcome.result);
  tell_of_stages(outcome.result);
  if (outcome.diagnosis) put_line(stderr, outcome.diagnosis->verdict.text());
  for (const CurveFinding& finding : outcome.curves) put_line(stderr, finding.text());
  const std::int64_t id = log ? log->close() : 0;
  log.reset();
  if (const auto error = fault.take()) warn(*error);
  if (const Status written = events ? events->status() : Status(); !written) warn(written.error());
  if (id != 0) put_line(stderr, fmt::format("recorded as run {}", id));
  return write_results(arguments, outcome, code);
}

}  // namespace

void add_run(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("run", "Train the model of a graph");
  explain(
      *command,
      "Trains the model of a graph. Progress is on standard error: epoch, step, samples per second, the share of time "
      "that the trainer waits for batches, time to go, loss, metrics. The run is recorded while it goes on. Ctrl-C "
      "stops cleanly, writes a checkpoint and still writes the JSON; "
      "a second one ends at once. Checkpoints hold everything that a run goes on from: --resume has the same result, "
      "to "
      "the last bit on the CPU, as if it had never stopped.");
  command->footer(
      "Examples:\n"
      "  feedline-cli run example:quickstart\n"
      "  feedline-cli run my.feedline --set source.folder=PHOTOS --set batch.size=32 --epochs 10\n"
      "  feedline-cli run my.feedline --seed 7 --json result.json\n"
      "  feedline-cli run my.feedline --checkpoints CKPT --resume    begins or goes on, whatever is there\n"
      "  feedline-cli run my.feedline --max-steps 100 --json - | jq .epochs\n");
  auto arguments = std::make_shared<RunArguments>();
  add_run_arguments(*command, *arguments);
  command
      ->add_option("--bad-records", arguments->bad_records,
                   "Write every record that was left out, once, with its reason and how often, as CSV to this file (or "
                   "- for standard output). 'check' writes such a list without a run")
      ->type_name("PATH|-");
  command->add_flag("--no-record", arguments->no_record, "Leave the run out of the record ('feedline-cli runs')");
  command
      ->add_option("--tensorboard", arguments->tensorboard,
                   "Write what TensorBoard shows into this folder while the run goes on: loss, metrics, learning rate, "
                   "speed, the graph, pictures as they are trained on, and histograms of weights and gradients")
      ->type_name("FOLDER");
  command->add_option("--max-records", arguments->max_records, "An epoch is the first N training records only")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--no-validation", arguments->no_validation, "Validate nothing");
  auto checkpoints = std::make_shared<CheckpointArguments>();
  add_checkpoint_arguments(*command, *checkpoints);
  command->callback([arguments, checkpoints, &code] { code = run(*arguments, *checkpoints); });
}

}  // namespace feedline::cli
