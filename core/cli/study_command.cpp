// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/graph_file.h"
#include "cli/help.h"
#include "cli/measuring.h"
#include "cli/output.h"
#include "cli/study_report.h"
#include "cli/terminal.h"
#include "recording/study_log.h"
#include "tuning/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace feedline::cli {
namespace {

struct StudyArguments : MeasureArguments {
  std::vector<std::string> vary{};
  std::vector<std::string> with{};
  std::vector<std::string> fixes{};
  std::size_t seeds = 1;
  std::optional<std::int64_t> seed{};
  std::optional<double> budget{};
  std::string target{};
  std::string name{};
  std::string csv{};
  bool no_record = false;
};

/// Seconds of measuring before fixes are offered.
constexpr double kExamineSeconds = 3;

Result<StudySetting> graph_setting(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
    return fail(Error{.reason = "'" + argument + "' names no graph",
                      .remedy = "Write NAME=FILE, such as deeper=deeper.feedline",
                      .parameter = "--with"});
  auto loaded = load_graph(argument.substr(equals + 1));
  if (!loaded) return fail(std::move(loaded.error()));
  StudySetting setting{.name = argument.substr(0, equals), .document = std::move(loaded->document)};
  if (Status sound = check_setting(setting); !sound) return fail(std::move(sound.error()));
  return setting;
}

Status add_fixes(const StudyArguments& arguments, const Document& document, const Watch& watch,
                 std::vector<StudySetting>& settings) {
  if (arguments.fixes.empty()) return {};
  const auto examination = examine(document, watch.options(), kExamineSeconds);
  if (!examination) return fail(examination.error());
  const std::vector<Fix> offered = fixes_of(*examination);
  for (const std::string& id : arguments.fixes) {
    const auto fix = std::find_if(offered.begin(), offered.end(), [&](const Fix& f) { return f.id == id; });
    if (fix == offered.end()) {
      std::vector<std::string> there;
      for (const Fix& f : offered) there.push_back(f.id);
      return fail(Error{.reason = "the diagnosis offers no fix '" + id + "' now",
                        .remedy = there.empty() ? "It offers none" : "It offers " + joined(there),
                        .parameter = "--fix"});
    }
    auto changed = with_edit(document, fix->edit);
    if (!changed) return fail(std::move(changed.error()));
    settings.push_back({.name = "fix:" + id, .document = std::move(*changed)});
  }
  return {};
}

Result<std::vector<StudySetting>> settings_of(const StudyArguments& arguments, const Document& document,
                                              const Watch& watch) {
  std::vector<Variation> variations;
  for (const std::string& text : arguments.vary) {
    auto variation = parse_variation(text);
    if (!variation) return fail(std::move(variation.error()));
    variations.push_back(std::move(*variation));
  }
  auto settings = study_grid(document, variations);
  if (!settings) return settings;
  for (const std::string& argument : arguments.with) {
    auto setting = graph_setting(argument);
    if (!setting) return fail(std::move(setting.error()));
    settings->push_back(std::move(*setting));
  }
  if (Status added = add_fixes(arguments, document, watch, *settings); !added) return fail(std::move(added.error()));
  return settings;
}

/// What can be wrong before anything runs.
Result<StudyOptions> options_of(const StudyArguments& arguments) {
  StudyOptions options{.name = arguments.name.empty() ? new_study_name() : arguments.name,
                       .seeds = arguments.seeds,
                       .budget_s = arguments.budget};
  if (options.name.find_first_of(" \t\n,") != std::string::npos)
    return fail(Error{.reason = "'" + options.name + "' cannot be the name of a study",
                      .remedy = "Use one word without commas: its runs have it as their tag",
                      .parameter = "--name"});
  if (!arguments.target.empty()) {
    auto target = parse_target(arguments.target);
    if (!target) return fail(std::move(target.error()));
    options.target = std::move(*target);
  }
  if (arguments.vary.empty() && arguments.with.empty() && arguments.fixes.empty() && arguments.seeds < 2)
    return fail(Error{.reason = "there is nothing to compare",
                      .remedy = "Give --vary NODE.PARAM=VALUE,VALUE, --with NAME=FILE, --fix ID or --seeds 3"});
  if (is_standard_output(arguments.json) && is_standard_output(arguments.csv))
    return fail(
        Error{.reason = "only one of --json and --csv can go to standard output", .remedy = "Give the other a file"});
  for (const std::string* path : {&arguments.json, &arguments.csv})
    if (!path->empty())
      if (Status writable = check_writable(*path); !writable) return fail(std::move(writable.error()));
  return options;
}

ExitCode write_study(const StudyArguments& arguments, const Study& study) {
  if (!arguments.csv.empty())
    if (const Status written = write_result(arguments.csv, study_csv(study)); !written) return refuse(written.error());
  if (!is_standard_output(arguments.csv))
    return deliver(arguments.json, study_text(study, width_of(stdout)), study_json(study));
  put(stderr, study_text(study, width_of(stderr)));
  if (arguments.json.empty()) return kOk;
  const Status written = write_result(arguments.json, study_json(study) + '\n');
  return written ? kOk : refuse(written.error());
}

ExitCode study(const StudyArguments& arguments) {
  auto options = options_of(arguments);
  if (!options) return refuse(options.error());
  const auto document = prepare(arguments);
  if (!document) return refuse(document.error());
  std::optional<Error> fault;
  std::optional<Study> found;
  {
    const Watch watch(arguments);
    options->measure = watch.options();
    options->measure.run.seed = arguments.seed;
    auto settings = settings_of(arguments, *document, watch);
    if (!settings) return watch.failed(settings.error());
    if (!arguments.no_record)
      options->open_log =
          record_trials({.title = document->title(), .file = source_file(arguments.file), .origin = "command line"},
                        [&fault](const Error& error) { fault = error; });
    auto done = run_study(std::move(*settings), *options);
    if (!done) return watch.failed(done.error());
    found = std::move(*done);
  }
  if (fault) warn(*fault);
  const ExitCode code = write_study(arguments, *found);
  if (code != kOk) return code;
  if (!arguments.no_record) put_line(stderr, fmt::format("recorded: feedline-cli runs list --tag {}", found->name));
  return found->end == Study::End::Cancelled ? kInterrupted : kOk;
}

}  // namespace

void add_study(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("study", "Train a graph with several settings and compare time and accuracy");
  explain(*command,
          "Trains the graph with every combination of the values, with several seeds, one run after the other. Each "
          "rung trains twice as long as the one before and keeps the better half of the settings (successive "
          "halving). Shows each setting's metric and time with 95 % intervals over the seeds, and the Pareto front: "
          "the settings of which none is both slower and worse. Every run is recorded, with the study's name as its "
          "tag. Ctrl-C ends the study and shows what is known by then.");
  command->footer(
      "Examples:\n"
      "  feedline-cli study my.feedline --vary adam.learning_rate=0.001,0.003,0.01 --seeds 3\n"
      "  feedline-cli study my.feedline --vary batch.size=32,128 --vary trainer.replicas=1,2 --budget 10m\n"
      "  feedline-cli study my.feedline --with deeper=deeper.feedline --target val_accuracy=0.9 --json study.json\n");
  auto arguments = std::make_shared<StudyArguments>();
  add_measure_arguments(*command, *arguments);
  command
      ->add_option("--vary", arguments->vary,
                   "A parameter and the values to try: batch.size=32,64. Given several times, every combination is "
                   "tried. Values with commas in them are separated by |")
      ->type_name("NODE.PARAM=VALUE,...")
      ->allow_extra_args(false);
  command->add_option("--with", arguments->with, "Another graph as a setting, with the name by which it is shown")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  command->add_option("--fix", arguments->fixes, "The graph with a fix that 'diagnose' offers, as a setting")
      ->type_name("ID")
      ->allow_extra_args(false);
  command->add_option("--seeds", arguments->seeds, "Train each setting with so many seeds (1)")
      ->type_name("K")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100}));
  command->add_option("--seed", arguments->seed, "The first seed; default: the trainer's")
      ->type_name("S")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{4'294'967'195}));
  command
      ->add_option("--budget", arguments->budget,
                   "Time for the whole study: 90s, 10m, 2h. As many epochs are planned as fit; default: all of the "
                   "trainer's")
      ->type_name("TIME")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, double>{{"s", 1}, {"sec", 1}, {"m", 60}, {"min", 60}, {"h", 3600}}))
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--target", arguments->target,
                   "Rank by this metric, and show when this value was first reached: val_accuracy=0.9")
      ->type_name("METRIC=VALUE");
  command->add_option("--name", arguments->name, "Name of the study, the tag of its runs; default: made of the time")
      ->type_name("WORD");
  add_result_option(*command, "--csv", arguments->csv,
                    "Write one row a run as CSV to this file, or to standard output");
  command->add_flag("--no-record", arguments->no_record, "Leave its runs out of the record ('feedline-cli runs')");
  command->callback([arguments, &code] { code = study(*arguments); });
}

}  // namespace feedline::cli
