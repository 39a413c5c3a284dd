// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/figure_text.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <filesystem>

namespace feedline {
namespace {

std::uint64_t whole(double value) { return static_cast<std::uint64_t>(std::llround(std::max(value, 0.0))); }

std::string count_text(double value) { return numbers::count(whole(value)); }
std::string bytes_text(double value) { return numbers::bytes(whole(value)); }
std::string share_text(double value) { return numbers::percent(value); }
std::string accuracy_text(double value) { return numbers::percent(value, 1); }

}  // namespace

std::string ShownFigure::of(const RunFigures& figures) const {
  const double number = figures.*value;
  return std::isfinite(number) ? text(number) : "-";
}

std::span<const ShownFigure> shown_figures() {
  static constexpr std::array figures = {
      ShownFigure{"samples/s (training only, whole run)", &RunFigures::samples_per_s, numbers::rate},
      ShownFigure{"waiting for batches", &RunFigures::wait_share, share_text},
      ShownFigure{"training loss", &RunFigures::loss, numbers::loss},
      ShownFigure{"training accuracy", &RunFigures::accuracy, accuracy_text},
      ShownFigure{"validation loss", &RunFigures::val_loss, numbers::loss},
      ShownFigure{"validation accuracy", &RunFigures::val_accuracy, accuracy_text},
      ShownFigure{"epochs", &RunFigures::epoch, count_text},
      ShownFigure{"steps", &RunFigures::steps, count_text},
      ShownFigure{"samples", &RunFigures::samples, count_text},
      ShownFigure{"time", &RunFigures::wall_s, numbers::duration},
      ShownFigure{"CPU time", &RunFigures::cpu_s, numbers::duration},
      ShownFigure{"peak memory", &RunFigures::peak_rss_bytes, bytes_text},
      ShownFigure{"records left out", &RunFigures::record_errors, count_text}};
  return figures;
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
  return f.wall_s * std::max(f.total_steps - f.steps, 0.0) / f.steps;
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
  return std::max(0.0, end - run.started_at);
}

}  // namespace feedline
