// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/figure_text.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <filesystem>

namespace feedline::inline recording {
namespace {

std::uint64_t whole(double value) { return static_cast<std::uint64_t>(std::llround(std::max(value, 0.0))); }

std::string count_text(double value) { return numbers::count(whole(value)); }
std::string bytes_text(double value) { return numbers::bytes(whole(value)); }
std::string share_text(double value) { return numbers::percent(value); }

struct FigureText {
  std::string_view title{};
  double RunFigures::*value = nullptr;
  std::string (*text)(double value) = nullptr;  ///< never called with NaN
};

/// What metrics stand between: the first are the most telling.
constexpr std::size_t kBeforeMetrics = 2;
constexpr std::array kFigureTexts = {
    FigureText{"samples/s (training only, whole run)", &RunFigures::samples_per_s, numbers::rate},
    FigureText{"waiting for batches", &RunFigures::wait_share, share_text},
    FigureText{"epochs", &RunFigures::epoch, count_text},
    FigureText{"steps", &RunFigures::steps, count_text},
    FigureText{"samples", &RunFigures::samples, count_text},
    FigureText{"time", &RunFigures::wall_s, numbers::duration},
    FigureText{"CPU time", &RunFigures::cpu_s, numbers::duration},
    FigureText{"peak memory", &RunFigures::peak_rss_bytes, bytes_text},
    FigureText{"records left out", &RunFigures::record_errors, count_text}};

}  // namespace

std::vector<ShownFigure> shown_figures(std::span<const RunSummary* const> runs) {
  std::vector<ShownFigure> rows;
  const auto add = [&](std::string title, auto number_of, auto text_of) {
    ShownFigure row{.title = std::move(title)};
    for (const RunSummary* run : runs) {
      const double number = number_of(*run);
      row.known = row.known || std::isfinite(number);
      row.texts.push_back(std::isfinite(number) ? text_of(number) : "-");
    }
    rows.push_back(std::move(row));
  };
  const auto add_figure = [&](const FigureText& figure) {
    add(
        std::string(figure.title), [&](const RunSummary& run) { return run.figures.*figure.value; }, figure.text);
  };
  std::for_each(kFigureTexts.begin(), kFigureTexts.begin() + kBeforeMetrics, add_figure);
  for (const MetricValue& kind : kinds_of_metrics(runs, [](const RunSummary* run) { return run->metrics; }))
    add(
        metric_title(kind), [&](const RunSummary& run) { return value_of(run.metrics, kind.name, kind.split); },
        [&](double value) { return metric_text(value, kind.unit); });
  std::for_each(kFigureTexts.begin() + kBeforeMetrics, kFigureTexts.end(), add_figure);
  return rows;
}

std::vector<ShownFigure> shown_figures(const std::vector<RunRecord>& runs) {
  std::vector<const RunSummary*> summaries;
  for (const RunRecord& run : runs) summaries.push_back(&run);
  return shown_figures(summaries);
}

std::vector<EpochColumn> epoch_columns(const RunRecord& run) {
  std::vector<EpochColumn> columns;
  for (MetricValue& kind : kinds_of_metrics(run.epochs, [](const EpochRecord& epoch) { return epoch.metrics; })) {
    std::string title = kind.split == kTrainSplit ? kind.name : metric_title(kind);
    columns.push_back({std::move(kind), std::move(title)});
  }
  return columns;
}

std::string progress_text(const RunSummary& run) {
  const RunFigures& f = run.figures;
  if (!std::isfinite(f.epoch) || f.epoch < 1) return {};
  if (!is_active(run.status) && (!std::isfinite(f.epochs) || f.epoch >= f.epochs))
    return numbers::plural(whole(f.epoch), "epoch");
  const std::string text = fmt::format("epoch {}", whole(f.epoch));
  return std::isfinite(f.epochs) ? fmt::format("{} of {}", text, whole(f.epochs)) : text;
}

std::optional<double> seconds_left(const RunSummary& run) {
  const RunFigures& f = run.figures;
  if (run.status != RunStatus::Running || !(f.total_steps > 0) || !(f.steps > 0) || !(f.wall_s > 1)) return {};
  // A run that went on has counted all its steps, but its clock only the last part of them.
  const double trained = f.samples / f.samples_per_s;
  return std::max(f.wall_s, trained > 0 ? trained : 0) * std::max(f.total_steps - f.steps, 0.0) / f.steps;
}

std::string graph_name(const RunSummary& run) {
  if (!run.title.empty()) return run.title;
  const std::string file = std::filesystem::path(run.file).filename().string();
  return file.empty() ? "untitled" : file;
}

std::string local_time_text(double seconds_since_1970) {
  const auto time = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts)};
}

double lasted(const RunSummary& run) {
  const double end = run.ended_at > 0 ? run.ended_at : wall_clock();
  const double wall = std::isfinite(run.figures.wall_s) ? run.figures.wall_s : 0;
  return std::max(wall, end - run.started_at);  // a very short one is first heard of when it has ended
}

}  // namespace feedline::inline recording
