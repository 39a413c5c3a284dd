// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/run_record_text.h"

#include "base/left_out.h"
#include "cli/format.h"
#include "cli/table.h"
#include "cli/text_chart.h"
#include "recording/changes.h"
#include "recording/figure_text.h"
#include "recording/target_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline::cli {
namespace {

constexpr std::size_t kShownErrors = 10;
/// What a list of runs shows of a graph's title at least, and the columns that all else takes.
constexpr std::size_t kShortTitle = 16;
constexpr std::size_t kBesideTitle = 84;

/// How good it is, in one number; named where it is no share.
std::string headline_text(const RunSummary& run) {
  const MetricValue* metric = headline(run.metrics, kValSplit);
  if (metric == nullptr) return "-";
  return metric->unit == kShareUnit ? metric_text(*metric) : fmt::format("{} {}", metric->name, metric_text(*metric));
}

/// Pin, tags and note.
std::string marks_text(const RunSummary& run) {
  std::string text = run.pinned ? "* " : "";
  for (const std::string& tag : run.tags) text += '#' + tag + ' ';
  text += run.note.substr(0, run.note.find('\n'));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string epochs_text(const RunRecord& run, std::size_t width) {
  if (run.epochs.empty()) return {};
  const std::vector<EpochColumn> columns = epoch_columns(run);
  std::vector<std::string> head = {"epoch"};
  for (const EpochColumn& column : columns) head.push_back(column.title);
  head.insert(head.end(), {"samples/s (training only)", "time"});
  Table table(head);
  for (const EpochRecord& e : run.epochs) {
    std::vector<std::string> row = {std::to_string(e.epoch)};
    for (const auto& [kind, title] : columns)
      row.push_back(metric_text(value_of(e.metrics, kind.name, kind.split), kind.unit));
    row.insert(row.end(), {rate(e.samples_per_s), duration(e.wall_s)});
    table.row(std::move(row));
  }
  return '\n' + table.text(width);
}

std::string stages_text(const RunRecord& run, std::size_t width) {
  if (run.stages.empty()) return {};
  Table table({"node", "type", "workers", "records/s", "CPU busy", "starved", "blocked", "queue fill"}, 2);
  table.spare({1});
  for (const StageRecord& s : run.stages) {
    const double available = run.figures.wall_s * static_cast<double>(std::max<std::uint64_t>(s.workers, 1));
    table.row({s.node, s.type, std::to_string(s.workers), rate(s.records_per_s), percent(s.cpu_s / available),
               percent(s.starved_s / available), percent(s.blocked_s / available), percent(s.queue_fill)},
              s.node == run.verdict.node ? "<- bottleneck" : "");
  }
  return '\n' + table.text(width);
}

std::string errors_text(const RunRecord& run) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kShownErrors, run.errors.size()); ++i) {
    const ErrorRecord& e = run.errors[i];
    const Error error{.reason = e.message, .remedy = e.remedy, .node = e.node, .file = e.file};
    text += e.severity == "error" ? fmt::format("left out: {}: {}\n", left_out_text(e.records, e.count), error.line())
                                  : fmt::format("{}: {}\n", e.severity, error.line());
  }
  if (run.errors.size() > kShownErrors) text += fmt::format("and {} more kinds\n", run.errors.size() - kShownErrors);
  return text.empty() ? text : '\n' + text;
}

std::string properties_text(std::string_view title, const Properties& properties, std::size_t width) {
  if (properties.empty()) return {};
  std::size_t longest = 0;
  for (const auto& [key, value] : properties) longest = std::max(longest, columns(key));
  std::string text = fmt::format("\n{}\n", title);
  for (const auto& [key, value] : properties)
    text +=
        "  " + key + std::string(longest - columns(key) + 2, ' ') + wrap(value, width, longest + 4, longest + 4) + '\n';
  return text;
}

std::string head_text(const RunRecord& run, std::size_t width) {
  std::string text = fmt::format("run {}  {}  {}", run.id, graph_name(run), name(run.status));
  if (const std::string progress = progress_text(run); !progress.empty()) text += ", " + progress;
  text += fmt::format("\n{} for {}, by the {}", local_time_text(run.started_at), duration(lasted(run)), run.origin);
  if (!run.file.empty()) text += ", " + run.file;
  text += fmt::format("\nseed {}", run.seed);
  if (!run.device.empty()) text += ", " + run.device;
  if (const auto left = seconds_left(run)) text += ", " + countdown(*left) + " to go";
  if (const std::string marks = marks_text(run); !marks.empty()) text += '\n' + marks;
  if (!run.failure.empty()) text += "\nfailed: " + wrap(run.failure, width, 8, 8);
  if (!run.verdict.text.empty()) text += "\n\n" + wrap(run.verdict.text, width);
  return text + '\n';
}

/// When a run first reached values of a metric, by the clock and by counts that depend on no machine.
Result<std::string> targets_text(const RunRecord& run, const std::optional<MetricTarget>& target, std::size_t width) {
  const auto reached = reached_table({run}, target);
  if (!reached) return fail(reached.error());
  if (reached->rows.empty()) return std::string();
  std::vector<std::string> head = {metric_title(reached->kind) + " reached"};
  for (const Along along : kAlong) head.emplace_back(along_title(along));
  Table table(head);
  for (const ReachedRow& row : reached->rows) {
    std::vector<std::string> cells = {metric_text(row.level, reached->kind.unit)};
    for (const Along along : kAlong) cells.push_back(reached_text(row.runs.front(), along));
    table.row(std::move(cells));
  }
  return '\n' + table.text(width);
}

/// The same of several runs: one count, a column a run.
std::string reached_by_runs(const ReachedTable& reached, const std::vector<RunRecord>& runs, Along along,
                            std::size_t width) {
  std::vector<std::string> head = {fmt::format("{} to {}", along_title(along), metric_title(reached.kind))};
  for (const RunRecord& run : runs) head.push_back(fmt::format("run {}", run.id));
  Table table(head);
  for (const ReachedRow& row : reached.rows) {
    std::vector<std::string> cells = {metric_text(row.level, reached.kind.unit)};
    for (const auto& run : row.runs) cells.push_back(reached_text(run, along));
    table.row(std::move(cells));
  }
  return '\n' + table.text(width);
}

/// The metric at the ends of epochs, a line a run: half the time an epoch and twice the epochs is no gain.
std::string chart_of_runs(const std::vector<RunRecord>& runs, const MetricValue& kind, Along along, std::size_t width) {
  std::vector<ChartLine> lines;
  for (const RunRecord& run : runs) {
    lines.push_back({.name = fmt::format("run {}", run.id)});
    for (const CurvePoint& point : metric_curve(run, kind, along)) lines.back().points.emplace_back(point.x, point.y);
  }
  const std::string text = chart_text(
      lines, {.title = fmt::format("{} over {}", metric_title(kind), along_title(along)),
              .x_text =
                  [along](double x) {
                    return along == Along::Time ? duration(x) : count(static_cast<std::uint64_t>(std::llround(x)));
                  },
              .y_text = [&kind](double y) { return metric_text(y, kind.unit); },
              .width = width});
  return text.empty() ? text : '\n' + text;
}

}  // namespace

std::string runs_text(const std::vector<RunSummary>& runs, std::size_t width) {
  if (runs.empty()) return "No run is recorded: feedline-cli run example:quickstart\n";
  Table table({"run", "started", "graph", "state", "progress", "samples/s", "loss", "validation", "time"}, 5);
  table.spare({4, 8});
  // A run is a line; its number finds it again, not its title.
  const std::size_t title = std::max(kShortTitle, width - std::min(width, kBesideTitle));
  for (const RunSummary& run : runs)
    table.row({std::to_string(run.id), local_time_text(run.started_at), fit(graph_name(run), title),
               std::string(name(run.status)), progress_text(run), rate(run.figures.samples_per_s),
               loss(value_of(run.metrics, kLossMetric, kTrainSplit)), headline_text(run), duration(lasted(run))},
              marks_text(run));
  return table.text(width);
}

Result<std::string> run_text(const RunRecord& run, const TargetQuery& query, std::size_t width) {
  auto targets = targets_text(run, query.target, width);
  if (!targets) return fail(std::move(targets.error()));
  Properties figures;
  const RunSummary* const one[] = {&run};
  for (const ShownFigure& figure : shown_figures(one))
    if (figure.known) figures.emplace_back(figure.title, figure.texts.front());
  return head_text(run, width) + properties_text("figures", figures, width) + stages_text(run, width) +
         epochs_text(run, width) + *targets + errors_text(run) +
         properties_text("parameters that differ from their default", run.parameters, width) +
         properties_text("environment", run.environment, width);
}

Result<std::string> comparison_text(const std::vector<RunRecord>& runs, const TargetQuery& query, std::size_t width) {
  const auto reached = reached_table(runs, query.target);
  if (!reached) return fail(reached.error());
  std::vector<std::string> head = {""};
  for (const RunRecord& run : runs) head.push_back(fmt::format("run {}", run.id));
  Table table(head);
  std::vector<std::string> graphs = {"graph"};
  std::vector<std::string> states = {"state"};
  for (const RunRecord& run : runs) {
    graphs.push_back(graph_name(run));
    states.emplace_back(name(run.status));
  }
  table.row(graphs);
  table.row(states);
  for (const ShownFigure& figure : shown_figures(runs)) {
    std::vector<std::string> cells = {figure.title};
    cells.insert(cells.end(), figure.texts.begin(), figure.texts.end());
    if (figure.known) table.row(std::move(cells));
  }
  std::string text = table.text(width);
  const std::vector<ParameterRow> rows = parameter_rows(runs);
  if (!rows.empty()) {
    head.front() = "parameter";
    Table parameters(head, head.size());
    for (const ParameterRow& row : rows) {
      std::vector<std::string> cells = {row.name};
      for (const std::string& value : row.values) cells.push_back(value.empty() ? "-" : value);
      parameters.row(std::move(cells));
    }
    text += '\n' + parameters.text(width);
  }
  if (!reached->rows.empty())
    for (const Along along : query.along ? std::vector<Along>{*query.along} : std::vector{Along::Time, Along::Samples})
      text += chart_of_runs(runs, reached->kind, along, width) + reached_by_runs(*reached, runs, along, width);
  const auto target = judged_target(runs, query.target);
  for (std::size_t i = 1; i < runs.size(); ++i) {
    std::string words = what_changed(runs.front(), runs[i]);
    if (const std::string sooner = target ? target_sentence(runs.front(), runs[i], *target) : ""; !sooner.empty())
      words += ' ' + sooner;
    text += '\n' + wrap(words, width) + '\n';
  }
  return text;
}

}  // namespace feedline::cli
