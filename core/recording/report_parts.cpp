// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "base/left_out.h"
#include "base/numbers.h"
#include "graph/json.h"
#include "recording/figure_text.h"
#include "recording/graph_svg.h"
#include "recording/plot_svg.h"
#include "recording/report_page.h"
#include "recording/target_text.h"
#include "telemetry/step_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace feedline::inline recording {
namespace {

using markup::escape;

std::string paragraph(const std::string& text) { return text.empty() ? "" : "<p>" + escape(text) + "</p>\n"; }

ReportPart summary(const RunRecord& run) {
  std::string when = fmt::format("{}, {}", local_time_text(run.started_at), numbers::duration(lasted(run)));
  if (!run.host.empty()) when += ", on " + run.host;
  if (!run.device.empty()) when += ", " + run.device;
  std::string state(name(run.status));
  if (const std::string progress = progress_text(run); !progress.empty()) state += ", " + progress;
  ReportPart part;
  part.html = fmt::format("<p class=\"state\"><b>{}</b><br>{}, seed {}</p>\n", escape(state), escape(when), run.seed);
  part.html += paragraph(run.note) + paragraph(run.failure);
  if (!run.verdict.text.empty()) part.html += fmt::format("<p class=\"verdict\">{}</p>\n", escape(run.verdict.text));
  std::vector<std::vector<std::string>> rows;
  const RunSummary* const one[] = {&run};
  for (const ShownFigure& figure : shown_figures(one))
    if (figure.known) rows.push_back({figure.title, figure.texts.front()});
  part.html += markup::table({}, rows);
  return part;
}

std::vector<CurvePoint> column_over(const RunRecord& run, std::string_view x, std::string_view y) {
  std::vector<CurvePoint> points;
  const std::size_t cx = run.series.find(x);
  const std::size_t cy = run.series.find(y);
  if (cx >= run.series.columns.size() || cy >= run.series.columns.size()) return points;
  for (std::size_t row = 0; row < run.series.rows(); ++row)
    points.push_back({run.series.at(row, cx), run.series.at(row, cy)});
  return points;
}

std::vector<CurvePoint> by_epoch(const RunRecord& run, const MetricValue& kind) {
  std::vector<CurvePoint> points;
  for (const EpochRecord& e : run.epochs)
    points.push_back({static_cast<double>(e.epoch), value_of(e.metrics, kind.name, kind.split)});
  return points;
}

/// A plot for each unit: metrics of one kind share their axes, whatever they are called.
std::vector<Plot> metric_plots(const RunRecord& run) {
  std::vector<EpochColumn> columns = epoch_columns(run);
  std::stable_sort(columns.begin(), columns.end(), [](const EpochColumn& a, const EpochColumn& b) {
    return (a.kind.name == kLossMetric) > (b.kind.name == kLossMetric);
  });
  std::vector<Plot> plots;
  std::vector<MetricValue> firsts;
  for (const EpochColumn& column : columns) {
    const auto same = [&](const MetricValue& first) { return first.unit == column.kind.unit; };
    const auto at = static_cast<std::size_t>(std::find_if(firsts.begin(), firsts.end(), same) - firsts.begin());
    if (at == firsts.size()) {
      firsts.push_back(column.kind);
      plots.push_back({.x = "epoch", .from_zero = false, .share = column.kind.unit == kShareUnit, .whole = true});
    }
    plots[at].curves.push_back({metric_title(column.kind), by_epoch(run, column.kind), true});
  }
  for (std::size_t i = 0; i < plots.size(); ++i) {
    const std::string& name = firsts[i].name;
    const auto other = [&](const EpochColumn& c) { return c.kind.unit == firsts[i].unit && c.kind.name != name; };
    const bool several = std::any_of(columns.begin(), columns.end(), other);
    plots[i].title = several ? "Metrics" : name;
    plots[i].title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(plots[i].title.front())));
    if (several) continue;
    for (PlotCurve& curve : plots[i].curves) curve.name.resize(curve.name.size() - name.size() - 1);  // the split
  }
  return plots;
}

Plot queues(const RunRecord& run) {
  Plot plot{.title = "Queues", .x = "seconds", .y = "how full", .share = true};
  for (const std::string& column : run.series.columns) {
    if (!column.starts_with("fill:")) continue;
    std::vector<CurvePoint> points = column_over(run, "time_s", column);
    const bool same =
        !plot.curves.empty() &&
        std::equal(points.begin(), points.end(), plot.curves.back().points.begin(), plot.curves.back().points.end(),
                   [](const CurvePoint& a, const CurvePoint& b) { return a.y == b.y || (a.y != a.y && b.y != b.y); });
    // Nodes of one segment share the queue behind its last one, whose name is the right one.
    if (same) {
      plot.curves.back().name = column.substr(5);
    } else {
      plot.curves.push_back({column.substr(5), std::move(points)});
    }
  }
  return plot;
}

markup::Picture step_bar(const std::vector<PhaseTime>& phases) {
  double total = 0;
  for (const PhaseTime& phase : phases) total += phase.seconds;
  if (total <= 0) return {};
  constexpr std::array kHues = {markup::kStarved, markup::kToDevice,  markup::kForward,
                                markup::kBusy,    markup::kOptimiser, markup::kOther};
  BarRow row{.name = "step"};
  std::vector<BarPart> parts;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const PhaseInfo* known = find_phase(phases[i].name);
    parts.push_back({known != nullptr ? std::string(known->brief) : phases[i].name, kHues[i % kHues.size()]});
    row.parts.push_back(phases[i].seconds / total);
  }
  return bars_svg("The trainer's time", parts, {row});
}

markup::Picture stage_bars(const RunRecord& run) {
  std::vector<BarRow> rows;
  for (const StageRecord& s : run.stages) {
    const double all = run.figures.wall_s * static_cast<double>(std::max<std::uint64_t>(s.workers, 1));
    rows.push_back({s.node, {s.busy_s / all, s.starved_s / all, s.blocked_s / all}});
  }
  return bars_svg("What the workers of each stage did",
                  {{"busy", markup::kBusy}, {"starved", markup::kStarved}, {"blocked", markup::kBlocked}}, rows);
}

ReportPart plots(const RunRecord& run) {
  ReportPart part{.heading = "Curves"};
  const auto add = [&](markup::Picture picture) {
    if (!picture.empty()) part.pictures.push_back(std::move(picture));
  };
  add(plot_svg({.title = "Throughput, training only, over whole steps",
                .x = "seconds",
                .y = "training samples/s",
                .curves = {{"samples/s", column_over(run, "time_s", "samples_per_s")}}}));
  add(plot_svg({.title = "Training loss", .x = "step", .curves = {{"loss", run.loss}}, .from_zero = false}));
  for (const Plot& plot : metric_plots(run)) add(plot_svg(plot));
  const std::vector<CurvePoint> rates = column_over(run, "step", "learning_rate");
  const auto other = [&](const CurvePoint& p) { return std::isfinite(p.y) && p.y != rates.front().y; };
  if (std::any_of(rates.begin(), rates.end(), other))  // a constant one stands among the parameters
    add(plot_svg({.title = "Learning rate", .x = "step", .curves = {{"learning rate", rates}}}));
  add(plot_svg(queues(run)));
  add(plot_svg({.title = "Waiting for batches",
                .x = "seconds",
                .y = "of the trainer's time",
                .curves = {{"wait", column_over(run, "time_s", "wait_share")}},
                .share = true}));
  add(stage_bars(run));
  add(step_bar(run.phases));
  return part;
}

ReportPart stages(const RunRecord& run) {
  std::vector<std::vector<std::string>> rows;
  for (const StageRecord& s : run.stages) {
    const double all = run.figures.wall_s * static_cast<double>(std::max<std::uint64_t>(s.workers, 1));
    rows.push_back({s.node, s.type, std::to_string(s.workers), numbers::rate(s.records_per_s),
                    numbers::percent(s.cpu_s / all), numbers::percent(s.starved_s / all),
                    numbers::percent(s.blocked_s / all), numbers::percent(s.queue_fill),
                    s.node == run.verdict.node ? "bottleneck" : ""});
  }
  return {.heading = "Stages",
          .html = rows.empty() ? ""
                               : markup::table({"node", "type", "workers", "records/s", "CPU busy", "starved",
                                                "blocked", "queue fill", ""},
                                               rows, 2)};
}

ReportPart epochs(const RunRecord& run) {
  const std::vector<EpochColumn> columns = epoch_columns(run);
  std::vector<std::string> head = {"epoch"};
  for (const EpochColumn& column : columns) head.push_back(column.title);
  head.insert(head.end(), {"samples/s (training only)", "time"});
  std::vector<std::vector<std::string>> rows;
  for (const EpochRecord& e : run.epochs) {
    std::vector<std::string> row = {std::to_string(e.epoch)};
    for (const auto& [kind, title] : columns)
      row.push_back(metric_text(value_of(e.metrics, kind.name, kind.split), kind.unit));
    row.insert(row.end(), {numbers::rate(e.samples_per_s), numbers::duration(e.wall_s)});
    rows.push_back(std::move(row));
  }
  return {.heading = "Epochs", .html = rows.empty() ? "" : markup::table(head, rows)};
}

ReportPart targets(const RunRecord& run) {
  const auto reached = reached_table({run});
  if (!reached || reached->rows.empty()) return {};
  std::vector<std::string> head = {metric_title(reached->kind)};
  for (const Along along : kAlong) head.emplace_back(along_title(along));
  std::vector<std::vector<std::string>> rows;
  for (const ReachedRow& row : reached->rows) {
    std::vector<std::string> cells = {metric_text(row.level, reached->kind.unit)};
    for (const Along along : kAlong) cells.push_back(reached_text(row.runs.front(), along));
    rows.push_back(std::move(cells));
  }
  return {.heading = "Time to target", .html = markup::table(head, rows)};
}

ReportPart errors(const RunRecord& run) {
  std::vector<std::vector<std::string>> rows;
  for (const ErrorRecord& e : run.errors) {
    const Error error{.reason = e.message, .remedy = e.remedy, .node = e.node, .file = e.file};
    rows.push_back({e.severity, error.line(),
                    e.severity == "error" ? left_out_text(e.records, e.count) : numbers::count(e.count)});
  }
  return {.heading = "What went wrong", .html = rows.empty() ? "" : markup::table({"", "", "how many"}, rows, 2)};
}

ReportPart graph(const RunRecord& run) {
  ReportPart part{.heading = "Graph"};
  const auto loaded = from_json(run.graph);
  if (!loaded) return part;
  if (markup::Picture picture = graph_svg(loaded->document); !picture.empty())
    part.pictures.push_back(std::move(picture));
  return part;
}

ReportPart properties(std::string heading, const Properties& properties) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : properties) rows.push_back({key, value});
  return {.heading = std::move(heading), .html = rows.empty() ? "" : markup::table({}, rows, 2)};
}

}  // namespace

std::string report_title(const RunRecord& run) { return fmt::format("Run {}: {}", run.id, graph_name(run)); }

std::vector<ReportPart> report_parts(const RunRecord& run) {
  std::vector<ReportPart> all = {summary(run),
                                 plots(run),
                                 stages(run),
                                 epochs(run),
                                 targets(run),
                                 errors(run),
                                 graph(run),
                                 properties("Parameters that differ from their default", run.parameters),
                                 properties("Environment", run.environment)};
  std::erase_if(all, [](const ReportPart& part) { return part.html.empty() && part.pictures.empty(); });
  return all;
}

}  // namespace feedline::inline recording
