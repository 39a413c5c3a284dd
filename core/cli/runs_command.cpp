// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/measuring.h"
#include "cli/output.h"
#include "cli/run_record_text.h"
#include "cli/terminal.h"
#include "runs/run_store.h"

#include <functional>
#include <memory>

namespace feedline::cli {
namespace {

struct RunsArguments {
  RunQuery query{};
  std::vector<std::int64_t> runs{};
  std::string words{};  ///< a tag or a note
  std::string json{};
  std::string out = "-";
  std::string format = "csv";
  std::string table = "series";
  std::string target{};
  std::string over{};
  bool off = false;
};

using Work = Status (*)(Database&, const RunsArguments&);

ExitCode with_record(const std::function<Result<ExitCode>(Database&)>& work) {
  auto database = Database::open();
  const auto done = database ? work(*database) : Result<ExitCode>(fail(database.error()));
  if (done) return *done;
  complain(done.error());
  return exit_code(done.error().code);
}

Result<std::vector<RunRecord>> load(Database& database, const std::vector<std::int64_t>& ids) {
  std::vector<RunRecord> runs;
  for (const std::int64_t id : ids) {
    auto run = load_run(database, id);
    if (!run) return fail(std::move(run.error()));
    runs.push_back(std::move(*run));
  }
  return runs;
}

Result<ExitCode> list(Database& database, const RunsArguments& arguments) {
  const auto runs = list_runs(database, arguments.query);
  if (!runs) return fail(runs.error());
  const RunQuery& query = arguments.query;
  const bool chosen = !query.text.empty() || !query.tag.empty() || query.removed;
  const std::string text = runs->empty() && chosen ? "No such run is recorded: feedline-cli runs list shows all\n"
                                                   : runs_text(*runs, width_of(stdout));
  return deliver(arguments.json, text, runs_json(*runs));
}

Result<TargetQuery> query_of(const RunsArguments& arguments) {
  TargetQuery query{.along = along_named(arguments.over)};
  if (arguments.target.empty()) return query;
  auto target = parse_target(arguments.target);
  if (!target) return fail(std::move(target.error()));
  query.target = std::move(*target);
  return query;
}

Result<ExitCode> show(Database& database, const RunsArguments& arguments) {
  const auto query = query_of(arguments);
  if (!query) return fail(query.error());
  const auto runs = load(database, arguments.runs);
  if (!runs) return fail(runs.error());
  const auto text = run_text(runs->front(), *query, width_of(stdout));
  if (!text) return fail(text.error());
  return deliver(arguments.json, *text, run_json(runs->front(), false, query->target));
}

Result<ExitCode> compare(Database& database, const RunsArguments& arguments) {
  const auto query = query_of(arguments);
  if (!query) return fail(query.error());
  const auto runs = load(database, arguments.runs);
  if (!runs) return fail(runs.error());
  const auto text = comparison_text(*runs, *query, width_of(stdout));
  if (!text) return fail(text.error());
  return deliver(arguments.json, *text, comparison_json(*runs, query->target));
}

Result<ExitCode> export_run(Database& database, const RunsArguments& arguments) {
  const auto runs = load(database, arguments.runs);
  if (!runs) return fail(runs.error());
  const std::string text =
      arguments.format == "csv" ? run_csv(runs->front(), arguments.table) : run_json(runs->front(), true) + '\n';
  if (is_standard_output(arguments.out)) {
    put(stdout, text);  // a reader that has seen enough (| head) is no fault
  } else if (auto written = write_result(arguments.out, text); !written) {
    return fail(std::move(written.error()));
  }
  return kOk;
}

Result<ExitCode> mark(Database& database, const RunsArguments& arguments, Work work) {
  if (auto done = work(database, arguments); !done) return fail(std::move(done.error()));
  return kOk;
}

template <class Change>
Status each(const RunsArguments& arguments, Change change) {
  for (const std::int64_t id : arguments.runs)
    if (Status done = change(id); !done) return done;
  return {};
}

using Arguments = std::shared_ptr<RunsArguments>;

/// A subcommand of `runs` and what it does.
CLI::App* add(CLI::App& group, const char* name, const char* text, const Arguments& arguments, ExitCode& code,
              std::function<Result<ExitCode>(Database&, const RunsArguments&)> work) {
  CLI::App* command = group.add_subcommand(name, text);
  command->callback([arguments, &code, work = std::move(work)] {
    code = with_record([&](Database& database) { return work(database, *arguments); });
  });
  return command;
}

void add_run_option(CLI::App& command, const Arguments& arguments) {
  command
      .add_option_function<std::int64_t>(
          "RUN", [arguments](const std::int64_t& id) { arguments->runs = {id}; }, "Run number")
      ->required();
}

void add_runs_option(CLI::App& command, const Arguments& arguments, int least) {
  constexpr int kMany = 1000;
  command.add_option("RUN", arguments->runs, "Run numbers")->required()->expected(least, kMany);
}

void add_json_option(CLI::App& command, const Arguments& arguments) {
  add_result_option(command, "--json", arguments->json, "Write the result as JSON to this file, or to standard output");
}

void add_target_option(CLI::App& command, const Arguments& arguments) {
  command
      .add_option("--target", arguments->target,
                  "When this value of a metric was first reached, as JSON names it: val_accuracy=0.9, val_loss=0.3. "
                  "Default: several values of the metric that says most")
      ->type_name("METRIC=VALUE");
}

void add_looking(CLI::App& group, const Arguments& arguments, ExitCode& code) {
  CLI::App* listing = add(group, "list", "List the runs, newest first", arguments, code, list);
  listing
      ->add_option("--search", arguments->query.text,
                   "Only runs that contain all of these words in number, graph, note, tag, state, verdict, failure, or "
                   "a parameter such as batch.size=64")
      ->type_name("WORDS");
  listing->add_option("--tag", arguments->query.tag, "Only runs with this tag")->type_name("TAG");
  listing->add_option("--limit", arguments->query.limit, "Maximum number of runs")->type_name("N");
  listing->add_flag("--deleted", arguments->query.removed, "List deleted runs, which can be restored");
  add_json_option(*listing, arguments);

  CLI::App* showing = add(group, "show", "Show the whole record of a run", arguments, code, show);
  add_run_option(*showing, arguments);
  add_target_option(*showing, arguments);
  add_json_option(*showing, arguments);

  CLI::App* comparing =
      add(group, "compare", "Compare runs: figures, parameters, and what changed", arguments, code, compare);
  add_runs_option(*comparing, arguments, 2);
  add_target_option(*comparing, arguments);
  comparing
      ->add_option(
          "--over", arguments->over,
          "What it took to reach a value, counted in time, epochs, steps or samples; all but time depend on no "
          "machine. Default: time and samples")
      ->type_name("COUNT")
      ->check(CLI::IsMember({"time", "epochs", "steps", "samples"}));
  add_json_option(*comparing, arguments);

  CLI::App* exporting = add(group, "export", "Write a run as CSV or JSON", arguments, code, export_run);
  add_run_option(*exporting, arguments);
  exporting->add_option("--format", arguments->format, "csv (one table) or json (the whole record)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"csv", "json"}));
  exporting->add_option("--table", arguments->table, "Table to write as CSV: series, loss, epochs, stages or errors")
      ->type_name("TABLE")
      ->check(CLI::IsMember(csv_tables()));
  exporting->add_option("--out", arguments->out, "Output file; default: standard output")->type_name("PATH|-");
}

void add_marking(CLI::App& group, const Arguments& arguments, ExitCode& code) {
  const auto marking = [&](const char* name, const char* text, Work work) {
    return add(group, name, text, arguments, code,
               [work](Database& database, const RunsArguments& a) { return mark(database, a, work); });
  };
  CLI::App* tag = marking("tag", "Tag a run", [](Database& database, const RunsArguments& a) {
    return each(
        a, [&](std::int64_t id) { return a.off ? remove_tag(database, id, a.words) : add_tag(database, id, a.words); });
  });
  add_run_option(*tag, arguments);
  tag->add_option("TAG", arguments->words, "One word, without commas")->required();
  tag->add_flag("--off", arguments->off, "Remove the tag");

  CLI::App* note = marking("note", "Set the note of a run", [](Database& database, const RunsArguments& a) {
    return each(a, [&](std::int64_t id) { return set_note(database, id, a.words); });
  });
  add_run_option(*note, arguments);
  note->add_option("TEXT", arguments->words, "Text of the note; '' removes it")->required();

  CLI::App* pin = marking("pin", "Pin runs to the top of the list", [](Database& database, const RunsArguments& a) {
    return each(a, [&](std::int64_t id) { return set_pinned(database, id, !a.off); });
  });
  add_runs_option(*pin, arguments, 1);
  pin->add_flag("--off", arguments->off, "Unpin the runs");

  CLI::App* remove =
      marking("delete", "Delete runs; recoverable for 30 days", [](Database& database, const RunsArguments& a) {
        return each(a, [&](std::int64_t id) { return remove_run(database, id); });
      });
  add_runs_option(*remove, arguments, 1);

  CLI::App* restore = marking("restore", "Restore deleted runs", [](Database& database, const RunsArguments& a) {
    return each(a, [&](std::int64_t id) { return restore_run(database, id); });
  });
  add_runs_option(*restore, arguments, 1);
}

}  // namespace

void add_runs(CLI::App& app, ExitCode& code) {
  CLI::App* command = app.add_subcommand("runs", "List, show, compare and export recorded runs");
  explain(
      *command,
      "Every run is recorded while it executes: graph, parameters, seed, environment, curves, epochs and errors. Runs "
      "started in the window are in the same record.");
  command->footer(
      "Examples:\n"
      "  feedline-cli runs list --search 'cifar batch.size=128'\n"
      "  feedline-cli runs show 12\n"
      "  feedline-cli runs compare 11 12\n"
      "  feedline-cli runs compare 11 12 --target val_accuracy=0.9 --over samples\n"
      "  feedline-cli runs export 12 --table epochs --out epochs.csv\n"
      "  feedline-cli runs tag 12 baseline\n");
  command->require_subcommand(1);
  const auto arguments = std::make_shared<RunsArguments>();
  add_looking(*command, arguments, code);
  add_marking(*command, arguments, code);
  for (CLI::App* sub : command->get_subcommands([](CLI::App*) { return true; })) sub->group("Commands");
}

}  // namespace feedline::cli
