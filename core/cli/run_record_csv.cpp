// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/csv.h"
#include "cli/run_record_text.h"

#include <fmt/format.h>

#include <cmath>
#include <type_traits>

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

std::string epochs_csv(const RunRecord& run) {
  std::string text = "epoch,train_loss,train_accuracy,val_loss,val_accuracy,samples,samples_per_s,wall_s\r\n";
  for (const EpochRecord& e : run.epochs)
    text +=
        line(e.epoch, e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy, e.samples, e.samples_per_s, e.wall_s);
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
