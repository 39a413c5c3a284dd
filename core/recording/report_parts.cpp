// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "base/left_out.h"
#include "base/numbers.h"
#include "graph/json.h"
#include "recording/figure_text.h"
#include "recording/graph_svg.h"
#include "recording/plot_svg.h"
#include "recording/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline {
namespace {

using markup::escape;

std::string paragraph(const std::string& text) { return text.empty() ? "" : "<p>" + escape(text) + "</p>\n"; }

std::string accuracy_or_dash(double value) { return std::isfinite(value) ? numbers::percent(value, 1) : "-"; }

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
  for (const ShownFigure& figure : shown_figures())
    if (std::isfinite(run.figures.*figure.value)) rows.push_back({std::string(figure.title), figure.of(run.figures)});
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

template <class Get>
std::vector<CurvePoint> by_epoch(const RunRecord& run, Get get) {
  std::vector<CurvePoint> points;
  for (const EpochRecord& e : run.epochs) points.push_back({static_cast<double>(e.epoch), get(e)});
  return points;
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

markup::Picture step_bar(const RunFigures& f) {
  const std::vector<double> times = {f.wait_s, f.h2d_s, f.forward_s, f.backward_s, f.optimizer_s, f.other_s};
  double total = 0;
  for (const double time : times) total += std::isfinite(time) ? time : 0;
  if (total <= 0) return {};
  BarRow row{.name = "step"};
  for (const double time : times) row.parts.push_back(time / total);
  return bars_svg("The trainer's time",
                  {{"wait", markup::kStarved},
                   {"to device", markup::kToDevice},
                   {"forward", markup::kForward},
                   {"backward", markup::kBusy},
                   {"optimiser", markup::kOptimiser},
                   {"other", markup::kOther}},
                  {row});
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
  add(plot_svg({.title = "Loss",
                .x = "epoch",
                .curves = {{"training", by_epoch(run, [](const EpochRecord& e) { return e.train_loss; }), true},
                           {"validation", by_epoch(run, [](const EpochRecord& e) { return e.val_loss; }), true}},
                .from_zero = false,
                .whole = true}));
  add(plot_svg({.title = "Accuracy",
                .x = "epoch",
                .curves = {{"training", by_epoch(run, [](const EpochRecord& e) { return e.train_accuracy; }), true},
                           {"validation", by_epoch(run, [](const EpochRecord& e) { return e.val_accuracy; }), true}},
                .from_zero = false,
                .share = true,
                .whole = true}));
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
  add(step_bar(run.figures));
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
  std::vector<std::vector<std::string>> rows;
  for (const EpochRecord& e : run.epochs)
    rows.push_back({std::to_string(e.epoch), numbers::loss(e.train_loss), accuracy_or_dash(e.train_accuracy),
                    numbers::loss(e.val_loss), accuracy_or_dash(e.val_accuracy), numbers::rate(e.samples_per_s),
                    numbers::duration(e.wall_s)});
  return {.heading = "Epochs",
          .html = rows.empty() ? ""
                               : markup::table({"epoch", "loss", "accuracy", "validation loss", "validation accuracy",
                                                "samples/s (training only)", "time"},
                                               rows)};
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
                                 errors(run),
                                 graph(run),
                                 properties("Parameters that differ from their default", run.parameters),
                                 properties("Environment", run.environment)};
  std::erase_if(all, [](const ReportPart& part) { return part.html.empty() && part.pictures.empty(); });
  return all;
}

}  // namespace feedline
