// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/csv.h"
#include "cli/run_record_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

namespace feedline::cli {
namespace {

std::string cell(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string cell(std::string_view text) { return csv_field(text); }

template <class T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
std::string cell(T value) {
  return std::to_string(value);
}

template <class First, class... Rest>
std::string line(const First& first, const Rest&... rest) {
  std::string text = cell(first);
  ((text += ',' + cell(rest)), ...);
  return text + "\r\n";
}

std::string series_csv(const SeriesTable& series) {
  std::string text;
  for (std::size_t c = 0; c < series.columns.size(); ++c) text += (c > 0 ? "," : "") + cell(series.columns[c]);
  text += "\r\n";
  for (std::size_t row = 0; row < series.rows(); ++row) {
    for (std::size_t c = 0; c < series.columns.size(); ++c) text += (c > 0 ? "," : "") + cell(series.at(row, c));
    text += "\r\n";
  }
  return text;
}

/// The columns that there always were come first, then one a metric.
std::string epochs_csv(const RunRecord& run) {
  std::vector<std::pair<std::string, MetricValue>> columns;
  for (const EarlierKey& key : earlier_metric_keys())
    columns.push_back({std::string(key.of_epoch), {.name = std::string(key.name), .split = std::string(key.split)}});
  const auto metrics_of = [](const EpochRecord& epoch) { return epoch.metrics; };
  std::vector<std::pair<std::string, MetricValue>> others;
  for (const MetricValue& kind : kinds_of_metrics(run.epochs, metrics_of)) {
    const auto same = [&](const auto& column) { return column.second.is(kind.name, kind.split); };
    if (std::none_of(columns.begin(), columns.end(), same)) others.emplace_back(metric_key(kind), kind);
  }
  const auto values = [](const auto& of, const EpochRecord& epoch) {
    std::string cells;
    for (const auto& [key, kind] : of) cells += ',' + cell(value_of(epoch.metrics, kind.name, kind.split));
    return cells;
  };
  std::string text = "epoch";
  for (const auto& [key, kind] : columns) text += ',' + cell(key);
  text += ",samples,samples_per_s,wall_s";
  for (const auto& [key, kind] : others) text += ',' + cell(key);
  text += "\r\n";
  for (const EpochRecord& e : run.epochs) {
    text += cell(e.epoch) + values(columns, e) + ',' + cell(e.samples) + ',' + cell(e.samples_per_s) + ',' +
            cell(e.wall_s) + values(others, e) + "\r\n";
  }
  return text;
}

std::string stages_csv(const RunRecord& run) {
  std::string text = "node,type,workers,records,records_per_s,cpu_s,busy_s,starved_s,blocked_s,queue_fill\r\n";
  for (const StageRecord& s : run.stages)
    text += line(s.node, s.type, s.workers, s.records, s.records_per_s, s.cpu_s, s.busy_s, s.starved_s, s.blocked_s,
                 s.queue_fill);
  return text;
}

std::string errors_csv(const RunRecord& run) {
  std::string text = "severity,node,file,message,remedy,count,records\r\n";
  for (const ErrorRecord& e : run.errors)
    text += line(e.severity, e.node, e.file, e.message, e.remedy, e.count, e.records);
  return text;
}

std::string loss_csv(const RunRecord& run) {
  std::string text = "step,loss\r\n";
  for (const CurvePoint& point : run.loss) text += line(point.x, point.y);
  return text;
}

}  // namespace

const std::vector<std::string>& csv_tables() {
  static const std::vector<std::string> tables = {"series", "loss", "epochs", "stages", "errors"};
  return tables;
}

std::string run_csv(const RunRecord& run, std::string_view table) {
  if (table == "loss") return loss_csv(run);
  if (table == "epochs") return epochs_csv(run);
  if (table == "stages") return stages_csv(run);
  if (table == "errors") return errors_csv(run);
  return series_csv(run.series);
}

}  // namespace feedline::cli
