// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/checkpoint_arguments.h"

#include "base/plain_text.h"
#include "base/user_path.h"
#include "cli/format.h"
#include "cli/terminal.h"
#include "recording/checkpoint_places.h"
#include "state/checkpoint_files.h"
#include "training/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace feedline::cli {
namespace {

namespace fs = std::filesystem;

bool same_folder(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return fs::equivalent(a, b, error) && !error;
}

fs::path folder_of(const fs::path& checkpoint) {
  return checkpoint.has_parent_path() ? checkpoint.parent_path() : fs::path(".");
}

Status check_choice(const CheckpointArguments& arguments) {
  if (arguments.none && !(arguments.folder.empty() && arguments.every.empty()))
    return fail("--no-checkpoints excludes --checkpoints and --checkpoint-every", "Omit one of them");
  if (arguments.resume && !arguments.init_from.empty())
    return fail("--resume goes on with a run, --init-from begins one: they exclude each other", "Omit one of them");
  return {};
}

/// A run that begins anew must not mix its checkpoints with another one's.
Status check_empty(const fs::path& folder) {
  const auto there = list_checkpoints(folder);
  if (there.empty()) return {};
  return fail(
      Error{.reason = fmt::format("it holds the checkpoints of another run, the newest of step {}", there.front().step),
            .remedy = "Add --resume to go on from it, or choose another folder",
            .file = escape_name(folder.string())});
}

/// Going back in a run's own folder would leave later checkpoints, which count as newer.
Status check_newest(const OpenedCheckpoint& from, const fs::path& folder) {
  if (!same_folder(folder_of(from.path), folder)) return {};
  const auto there = list_checkpoints(folder);
  const std::uint64_t step = from.state.position.step;
  if (there.empty() || there.front().step <= step || !from.damaged.empty()) return {};
  return fail(Error{.reason = fmt::format("its folder has later checkpoints, as far as step {}", there.front().step),
                    .remedy = "Name the folder to go on from the newest, or choose another one for new checkpoints: "
                              "--checkpoints FOLDER",
                    .file = escape_name(from.path.string())});
}

/// Where the run goes on from. A launcher that starts the ranks again repeats their command line: what they have
/// written since then is newer than what it names.
fs::path resume_place(const CheckpointArguments& arguments, const std::string& graph, const fs::path& folder,
                      int restarts) {
  const bool newer = restarts > 0 && !folder.empty() && !list_checkpoints(folder).empty();
  if (!arguments.resume_from.empty() && !newer) return user_path(arguments.resume_from);
  return folder.empty() ? newest_checkpoint_folder(graph) : folder;
}

void tell(const OpenedCheckpoint& from) {
  for (Error error : from.damaged) {
    error.remedy = "The run goes on from the one before it";
    warn(error);
  }
  const TrainingPosition& at = from.state.position;
  std::string run;
  if (const auto text = from.state.texts.find(kProgressText); text != from.state.texts.end())
    if (const auto progress = run_progress_of(text->second); progress && progress->recorded.run > 0)
      run = fmt::format(" run {}", progress->recorded.run);
  put_line(stderr, fmt::format("continues{} after step {} in epoch {}, from {}", run, count(at.step), at.epoch,
                               escape_name(from.path.string())));
}

}  // namespace

void add_checkpoint_arguments(CLI::App& command, CheckpointArguments& arguments) {
  command
      .add_option("--checkpoints", arguments.folder,
                  "Keep checkpoints in this folder. Without it they lie in the data folder, and the oldest make room. "
                  "The run says at its end where they are")
      ->type_name("FOLDER");
  command
      .add_option("--checkpoint-every", arguments.every,
                  "How often one is written: 500steps, 5min, 1epoch. Default: at the end of epochs and every 5 minutes")
      ->type_name("INTERVAL");
  command.add_option("--keep", arguments.keep, "How many of the newest are kept; the best one is kept besides")
      ->type_name("K")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}));
  command
      .add_option("--checkpoint-best", arguments.best_by,
                  "What the best one is best by, as the JSON names it: val_accuracy, val_loss. Default: the first "
                  "metric of validation")
      ->type_name("METRIC");
  command.add_flag("--no-checkpoints", arguments.none, "Write none");
  auto* resume = command.add_option_function<std::vector<std::string>>(
      "--resume",
      [&arguments](const std::vector<std::string>& from) {
        arguments.resume = true;
        if (!from.empty())  // the value may be left out
          arguments.resume_from = from.front();
      },
      "Go on from a checkpoint, or from the newest in a folder; without a name from that of --checkpoints, or from the "
      "newest of this graph. Where there is none the run begins anew, so that one command serves every start");
  resume->expected(0, 1)->type_name("CHECKPOINT|FOLDER");
  command
      .add_option("--init-from", arguments.init_from,
                  "Begin with the weights of a checkpoint, as far as names and shapes fit; what did not is listed")
      ->type_name("CHECKPOINT|FOLDER");
}

Status set_interval(std::string_view text, CheckpointOptions& options) {
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto is = [unit](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), unit) != names.end();
  };
  const bool whole = number >= 1 && number <= 1e9 && number == std::floor(number);
  if (fault == std::errc() && number > 0 && std::isfinite(number)) {
    if (whole && is({"step", "steps"})) return options.every_steps = static_cast<std::uint64_t>(number), Status{};
    if (whole && is({"epoch", "epochs"})) return options.every_epochs = static_cast<std::uint32_t>(number), Status{};
    constexpr std::array<std::pair<double, int>, 3> kUnits = {{{1, 0}, {60, 1}, {3600, 2}}};
    for (const auto& [in_seconds, index] : kUnits)
      if (index == 0   ? is({"s", "sec", "second", "seconds"})
          : index == 1 ? is({"min", "minute", "minutes"})
                       : is({"h", "hour", "hours"}))
        return options.every_seconds = number * in_seconds, Status{};
  }
  return fail(Error{.reason = fmt::format("'{}' is no interval", text),
                    .remedy = "Give a number with its unit: 500steps, 30s, 5min, 2h, 1epoch",
                    .parameter = "--checkpoint-every"});
}

Status apply_checkpoint_arguments(const CheckpointArguments& arguments, const std::string& graph, RunOptions& options) {
  if (Status choice = check_choice(arguments); !choice) return choice;
  CheckpointOptions& checkpoints = options.checkpoints;
  checkpoints.keep = arguments.keep;
  checkpoints.best_by = arguments.best_by;
  checkpoints.asked = !arguments.folder.empty() || !arguments.every.empty() || arguments.resume;
  if (!arguments.every.empty())
    if (Status interval = set_interval(arguments.every, checkpoints); !interval) return interval;
  if (!arguments.init_from.empty()) {
    auto weights = open_best_checkpoint(user_path(arguments.init_from));
    if (!weights) return fail(std::move(weights.error()));
    options.weights = {std::make_shared<const TrainingState>(std::move(weights->state)),
                       escape_name(weights->path.string())};
  }
  fs::path folder = arguments.folder.empty() ? fs::path() : fs::path(user_path(arguments.folder));
  if (arguments.resume) {
    const fs::path place = resume_place(arguments, graph, folder, options.world.restarts);
    auto found = find_checkpoint(place);
    if (!found) return fail(std::move(found.error()));
    if (*found) {
      if (folder.empty()) folder = folder_of((*found)->path);
      if (Status newest = arguments.none ? Status{} : check_newest(**found, folder); !newest) return newest;
      tell(**found);
      put_damaged_aside(**found);
      options.resume = {std::make_shared<const TrainingState>(std::move((*found)->state)),
                        escape_name((*found)->path.string())};
    } else {
      put_line(stderr, fmt::format("no checkpoint in {}: the run begins anew", escape_name(place.string())));
      if (folder.empty() && !arguments.resume_from.empty()) folder = place;
    }
  }
  if (arguments.none) return {};
  if (!options.resume.state && !folder.empty())
    if (Status empty = check_empty(folder); !empty) return empty;
  if (folder.empty()) {
    make_room_for_checkpoints();
    folder = new_checkpoint_folder(graph);
  }
  checkpoints.folder = folder;
  return {};
}

}  // namespace feedline::cli
