// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/run_store.h"

#include "base/lower_case.h"
#include "runs/process_mark.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

namespace feedline::inline runs {
namespace {

/// Where a process cannot be looked at, its run has died when it was silent for so long.
constexpr double kSilence = 60;

constexpr std::string_view kSummary =
    "SELECT id, started_at, ended_at, seen_at, status, process, title, file, origin, host, device, seed,"
    " verdict_kind, verdict_node, verdict, failure, note, pinned, removed_at,"
    " (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM tags WHERE run = id ORDER BY tag))";
constexpr int kFirstFigure = 20;

std::string summary_columns() {
  std::string sql(kSummary);
  for (const Figure& figure : all_figures()) sql += fmt::format(", {}", figure.name);
  return sql;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

RunStatus status_of(const std::string& text) {
  for (const auto status :
       {RunStatus::Preparing, RunStatus::Running, RunStatus::Finished, RunStatus::Stopped, RunStatus::Failed})
    if (text == name(status)) return status;
  return RunStatus::Died;
}

/// The process that wrote it says what it was; only a look at that process says what it is.
RunStatus present_status(const std::string& text, const std::string& process, double seen_at) {
  const RunStatus status = status_of(text);
  if (!is_active(status)) return status;
  switch (ProcessMark::parse(process).look()) {
    case ProcessMark::State::Alive:
      return status;
    case ProcessMark::State::Gone:
      return RunStatus::Died;
    case ProcessMark::State::Unknown:
      break;
  }
  return wall_clock() - seen_at > kSilence ? RunStatus::Died : status;
}

void read_summary(const Statement& row, RunSummary& run) {
  run.id = row.integer(0);
  run.started_at = row.real(1);
  run.ended_at = row.real(2);
  run.status = present_status(row.text(4), row.text(5), row.real(3));
  if (run.status == RunStatus::Died) run.ended_at = row.real(3);
  run.title = row.text(6);
  run.file = row.text(7);
  run.origin = row.text(8);
  run.host = row.text(9);
  run.device = row.text(10);
  run.seed = row.integer(11);
  run.verdict = {.kind = row.text(12), .node = row.text(13), .text = row.text(14)};
  run.failure = row.text(15);
  run.note = row.text(16);
  run.pinned = row.integer(17) != 0;
  run.removed = row.real(18) > 0;
  run.tags = words_of(row.text(19));
  for (std::size_t i = 0; i < all_figures().size(); ++i)
    run.figures.*all_figures()[i].value = row.real(kFirstFigure + static_cast<int>(i));
}

/// Calls `take` for each row of a statement that has the run's id to be bound.
template <class Take>
Status each_row(Database& database, std::string_view sql, std::int64_t id, Take take) {
  auto statement = database.prepare(sql);
  if (!statement) return fail(std::move(statement.error()));
  statement->bind(id);
  for (;;) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return {};
    take(std::as_const(*statement));
  }
}

/// Reads what is in lists, of one run after another.
class ResultsReader {
 public:
  explicit ResultsReader(Database& database)
      : metrics_(database.prepare("SELECT epoch, split, name, value, unit, higher_is_better FROM metrics"
                                  " WHERE run = ? AND epoch BETWEEN ? AND ? ORDER BY epoch, position")),
        phases_(database.prepare("SELECT name, seconds FROM phases WHERE run = ? ORDER BY position")) {}

  /// As the run stands: the metrics of epoch 0, and the phases.
  Status read(RunSummary& run) {
    if (Status done =
            each_metric(run.id, 0, 0, [&](std::uint32_t, MetricValue m) { run.metrics.push_back(std::move(m)); });
        !done)
      return done;
    if (!phases_) return fail(phases_.error());
    phases_->bind(run.id);
    return each(*phases_, [&](const Statement& row) { run.phases.push_back({row.text(0), row.real(1)}); });
  }

  /// Of its epochs, which are in order.
  Status read_epochs(RunRecord& run) {
    auto epoch = run.epochs.begin();
    return each_metric(run.id, 1, std::numeric_limits<std::uint32_t>::max(), [&](std::uint32_t number, MetricValue m) {
      while (epoch != run.epochs.end() && epoch->epoch < number) ++epoch;
      if (epoch != run.epochs.end() && epoch->epoch == number) epoch->metrics.push_back(std::move(m));
    });
  }

 private:
  template <class Take>
  static Status each(Statement& statement, Take take) {
    auto row = statement.step();
    for (; row && *row; row = statement.step()) take(std::as_const(statement));
    statement.again();
    if (!row) return fail(std::move(row.error()));
    return {};
  }

  template <class Take>
  Status each_metric(std::int64_t run, std::int64_t first, std::int64_t last, Take take) {
    if (!metrics_) return fail(metrics_.error());
    metrics_->bind(run).bind(first).bind(last);
    return each(*metrics_, [&](const Statement& row) {
      take(static_cast<std::uint32_t>(row.integer(0)), MetricValue{.name = row.text(2),
                                                                   .split = row.text(1),
                                                                   .value = row.real(3),
                                                                   .unit = row.text(4),
                                                                   .higher_is_better = row.integer(5) != 0});
    });
  }

  Result<Statement> metrics_;
  Result<Statement> phases_;
};

std::string haystack(const RunSummary& run, const std::string& parameters) {
  std::string text = std::to_string(run.id);
  const std::string status(name(run.status));
  for (const std::string* part : {&run.title, &run.file, &run.note, &run.verdict.text, &run.failure, &run.device,
                                  &status, &run.origin, &parameters})
    text += '\n' + *part;
  for (const std::string& tag : run.tags) text += '\n' + tag;
  return lower_case(text);
}

Result<std::string> parameters_text(Database& database, std::int64_t id) {
  std::string text;
  if (Status read = each_row(database, "SELECT name, value FROM properties WHERE run = ? AND kind = 'parameter'", id,
                             [&](const Statement& row) { text += row.text(0) + '=' + row.text(1) + '\n'; });
      !read)
    return fail(std::move(read.error()));
  return text;
}

Result<bool> matches(Database& database, const RunSummary& run, const RunQuery& query) {
  if (!query.tag.empty() && std::find(run.tags.begin(), run.tags.end(), query.tag) == run.tags.end()) return false;
  if (query.text.empty()) return true;
  auto parameters = parameters_text(database, run.id);
  if (!parameters) return fail(std::move(parameters.error()));
  const std::string all = haystack(run, *parameters);
  const auto words = words_of(lower_case(query.text));
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return all.find(word) != std::string::npos; });
}

}  // namespace

Result<std::vector<RunSummary>> list_runs(Database& database, const RunQuery& query) {
  auto statement = database.prepare(summary_columns() + " FROM runs WHERE removed_at " +
                                    (query.removed ? "> 0" : "= 0") + " ORDER BY pinned DESC, id DESC");
  if (!statement) return fail(std::move(statement.error()));
  ResultsReader results(database);
  std::vector<RunSummary> runs;
  while (query.limit == 0 || runs.size() < query.limit) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) break;
    RunSummary run;
    read_summary(*statement, run);
    const auto wanted = matches(database, run, query);
    if (!wanted) return fail(wanted.error());
    if (!*wanted) continue;
    if (Status read = results.read(run); !read) return fail(std::move(read.error()));
    runs.push_back(std::move(run));
  }
  return runs;
}

Result<RunRecord> load_run(Database& database, std::int64_t id) {
  RunRecord run;
  std::string columns;
  if (Status read =
          each_row(database, summary_columns() + ", graph, columns FROM runs WHERE id = ? AND removed_at = 0", id,
                   [&](const Statement& row) {
                     read_summary(row, run);
                     const int next = kFirstFigure + static_cast<int>(all_figures().size());
                     run.graph = row.text(next);
                     columns = row.text(next + 1);
                   });
      !read)
    return fail(std::move(read.error()));
  if (run.id == 0) return fail(no_such_run(id));
  std::istringstream names(columns);
  for (std::string column; std::getline(names, column);) run.series.columns.push_back(column);

  const auto property = [](Properties& into) {
    return [&into](const Statement& row) { into.emplace_back(row.text(0), row.text(1)); };
  };
  const auto read = [&](std::string_view sql, auto take) { return each_row(database, sql, id, take); };
  Status status = read("SELECT name, value FROM properties WHERE run = ? AND kind = 'parameter' ORDER BY position",
                       property(run.parameters));
  if (status)
    status = read("SELECT name, value FROM properties WHERE run = ? AND kind = 'environment' ORDER BY position",
                  property(run.environment));
  if (status)
    status =
        read("SELECT epoch, samples_per_s, wall_s, samples, learning_rate FROM epochs WHERE run = ? ORDER BY epoch",
             [&](const Statement& row) {
               run.epochs.push_back({.epoch = static_cast<std::uint32_t>(row.integer(0)),
                                     .samples_per_s = row.real(1),
                                     .wall_s = row.real(2),
                                     .samples = static_cast<std::uint64_t>(row.integer(3)),
                                     .learning_rate = row.real(4)});
             });
  ResultsReader results(database);
  if (status) status = results.read(run);
  if (status) status = results.read_epochs(run);
  if (status)
    status = read("SELECT * FROM errors WHERE run = ? ORDER BY position", [&](const Statement& row) {
      run.errors.push_back({.severity = row.text(2),
                            .node = row.text(3),
                            .file = row.text(4),
                            .message = row.text(5),
                            .remedy = row.text(6),
                            .count = static_cast<std::uint64_t>(row.integer(7)),
                            .records = static_cast<std::uint64_t>(row.integer(8))});
    });
  if (status)
    status = read("SELECT * FROM stages WHERE run = ? ORDER BY position", [&](const Statement& row) {
      run.stages.push_back({.node = row.text(2),
                            .type = row.text(3),
                            .workers = static_cast<std::uint64_t>(row.integer(4)),
                            .records = static_cast<std::uint64_t>(row.integer(5)),
                            .records_per_s = row.real(6),
                            .cpu_s = row.real(7),
                            .busy_s = row.real(8),
                            .starved_s = row.real(9),
                            .blocked_s = row.real(10),
                            .queue_fill = row.real(11)});
    });
  const std::size_t width = run.series.columns.size();
  if (status)
    status = read("SELECT numbers FROM series WHERE run = ? ORDER BY position", [&](const Statement& row) {
      const std::vector<double> numbers = row.numbers(0);
      if (numbers.size() == width) run.series.values.insert(run.series.values.end(), numbers.begin(), numbers.end());
    });
  if (status)
    status = read("SELECT points FROM loss_curve WHERE run = ? ORDER BY position", [&](const Statement& row) {
      const std::vector<double> numbers = row.numbers(0);
      for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) run.loss.push_back({numbers[i], numbers[i + 1]});
    });
  if (!status) return fail(std::move(status.error()));
  return run;
}

Result<std::int64_t> record_version(Database& database) {
  auto version = database.prepare("PRAGMA data_version");
  if (!version) return fail(std::move(version.error()));
  if (auto row = version->step(); !row) return fail(std::move(row.error()));
  return version->integer(0);
}

}  // namespace feedline::inline runs
