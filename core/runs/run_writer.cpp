// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/run_writer.h"

#include "runs/process_mark.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline runs {
namespace {

constexpr std::size_t kPointsAPiece = 64;
/// Deleted runs can be restored for so long.
constexpr double kKeepRemoved = 30.0 * 24 * 3600;

/// Binds one row after another and executes; stops at the first error.
class Inserter {
 public:
  Inserter(Database& database, std::string_view sql) : statement_(database.prepare(sql)) {}

  template <class... Values>
  void add(const Values&... values) {
    if (!status_) return;
    if (!statement_) {
      status_ = fail(statement_.error());
      return;
    }
    (bind(values), ...);
    status_ = statement_->execute();
  }
  [[nodiscard]] Status status() const { return status_; }

 private:
  template <class V>
  void bind(const V& value) {
    if constexpr (std::is_integral_v<V>) {
      statement_->bind(static_cast<std::int64_t>(value));
    } else {
      statement_->bind(value);
    }
  }

  Result<Statement> statement_;
  Status status_{};
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "\n") + word;
  return text;
}

Status write_properties(Database& database, std::int64_t run, std::string_view kind, const Properties& properties) {
  Inserter rows(database,
                "INSERT OR REPLACE INTO properties (run, kind, position, name, value) VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < properties.size(); ++i) rows.add(run, kind, i, properties[i].first, properties[i].second);
  return rows.status();
}

/// In place of those that were there. Epoch 0 is the run as it stands.
Status write_metrics(Database& database, std::int64_t run, std::uint32_t epoch, const Metrics& metrics) {
  Inserter clear(database, "DELETE FROM metrics WHERE run = ? AND epoch = ?");
  clear.add(run, epoch);
  if (!clear.status()) return clear.status();
  Inserter rows(database,
                "INSERT INTO metrics (run, epoch, position, split, name, value, unit, higher_is_better)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (std::isfinite(metrics[i].value))
      rows.add(run, epoch, i, metrics[i].split, metrics[i].name, metrics[i].value, metrics[i].unit,
               metrics[i].higher_is_better);
  return rows.status();
}

}  // namespace

void RunWriter::take(RunNews& news) {
  if (!news.columns.empty() && !series_) {
    columns_ = news.columns;
    told_columns_ = columns_.size();
    series_.emplace(columns_.size());
    join_curves();
  }
  news.columns.clear();
  const std::size_t width = told_columns_;
  std::vector<double> row(columns_.size(), RunFigures::kNone);
  for (std::size_t at = 0; width > 0 && at + width <= news.samples.size(); at += width) {
    std::copy_n(news.samples.begin() + static_cast<std::ptrdiff_t>(at), width, row.begin());
    series_->add(row);
  }
  news.samples.clear();
  if (!news.loss.empty()) loss_ = std::move(news.loss);
  news.loss.clear();
  open_.merge(std::move(news));
}

/// What the parts before have measured stands in front, column by column. One that this part does not have is kept.
void RunWriter::join_curves() {
  if (!series_ || !earlier_curves_ || earlier_curves_->values.empty()) return;
  const EarlierCurves earlier = std::exchange(*earlier_curves_, {});
  std::vector<std::size_t> places;
  for (const std::string& column : earlier.columns) {
    const auto place = std::find(columns_.begin(), columns_.end(), column);
    places.push_back(static_cast<std::size_t>(place - columns_.begin()));
    if (place == columns_.end()) columns_.push_back(column);
  }
  const std::size_t width = earlier.columns.size();
  const std::size_t rows = earlier.values.size() / width;
  std::vector<double> values(rows * columns_.size(), RunFigures::kNone);
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t c = 0; c < width; ++c) values[row * columns_.size() + places[c]] = earlier.values[row * width + c];
  BoundedTable whole(columns_.size());
  whole.restore(values, earlier.stride);
  std::vector<double> moment(columns_.size(), RunFigures::kNone);
  for (std::size_t row = 0; row < series_->rows(); ++row) {
    const std::span<const double> told = series_->row(row);
    std::copy(told.begin(), told.end(), moment.begin());
    whole.add(moment);
  }
  series_ = std::move(whole);
}

Status RunWriter::write(Database& database, RunNews news) {
  take(news);
  const std::int64_t id_before = id_;
  if (Status locked = database.run("BEGIN IMMEDIATE"); !locked) return locked;
  const auto all = [&]() -> Status {
    if (!begun_)
      if (Status done = begin(database); !done) return done;
    for (const auto step : {&RunWriter::write_run, &RunWriter::write_results, &RunWriter::write_lists,
                            &RunWriter::write_series, &RunWriter::write_loss})
      if (Status done = (this->*step)(database); !done) return done;
    return database.run("COMMIT");
  };
  Status done = all();
  if (done) {
    written();
  } else {
    (void)database.run("ROLLBACK");
    id_ = id_before;
  }
  return done;
}

Status RunWriter::begin(Database& database) {
  const auto earlier = find_continued(database, header_.continues);
  if (!earlier) return fail(earlier.error());
  if (Status begun = *earlier ? go_on(database, **earlier) : begin_anew(database); !begun) return begun;
  return write_properties(database, id_, "parameter", header_.parameters);
}

/// What people know it by stays: title, file, notes and tags.
Status RunWriter::go_on(Database& database, const ContinuedRun& earlier) {
  if (!earlier_curves_) {  // they stay, should this have to be tried again
    auto curves = earlier_curves(database, earlier);
    if (!curves) return fail(std::move(curves.error()));
    earlier_curves_ = std::move(*curves);
    join_curves();
  }
  if (Status cut = cut_back(database, earlier); !cut) return cut;
  Inserter row(database,
               "UPDATE runs SET process = ?, seen_at = ?, ended_at = 0, status = 'preparing', host = ?, graph = ?,"
               " verdict_kind = '', verdict_node = '', verdict = '', failure = '' WHERE id = ?");
  row.add(ProcessMark::own().text(), wall_clock(), host_name(), header_.graph, earlier.run);
  id_ = earlier.run;
  started_at_ = earlier.started_at;
  return row.status();
}

Status RunWriter::begin_anew(Database& database) {
  const double now = wall_clock();
  Inserter old(database, "DELETE FROM runs WHERE removed_at > 0 AND removed_at < ?");
  old.add(now - kKeepRemoved);
  if (!old.status()) return old.status();
  Inserter row(database,
               "INSERT INTO runs (process, started_at, seen_at, status, title, file, origin, host, graph, seed)"
               " VALUES (?, ?, ?, 'preparing', ?, ?, ?, ?, ?, ?)");
  row.add(ProcessMark::own().text(), now, now, header_.title, header_.file, header_.origin, host_name(), header_.graph,
          header_.seed);
  if (!row.status()) return row.status();
  id_ = database.last_id();
  started_at_ = now;
  return {};
}

Status RunWriter::write_run(Database& database) {
  const std::string no_text;
  const VerdictRecord verdict = open_.verdict.value_or(VerdictRecord{});
  Inserter row(database,
               "UPDATE runs SET seen_at = ?, ended_at = max(ended_at, ?), status = coalesce(nullif(?, ''), status),"
               " device = coalesce(nullif(?, ''), device), columns = coalesce(nullif(?, ''), columns),"
               " verdict_kind = coalesce(nullif(?, ''), verdict_kind),"
               " verdict_node = coalesce(nullif(?, ''), verdict_node), verdict = coalesce(nullif(?, ''), verdict),"
               " failure = coalesce(nullif(?, ''), failure) WHERE id = ?");
  row.add(wall_clock(), open_.ended_at, open_.status ? std::string(name(*open_.status)) : no_text,
          open_.device.value_or(no_text), joined(columns_), verdict.kind, verdict.node, verdict.text, open_.failure,
          id_);
  if (!row.status() || !open_.figures) return row.status();
  std::string sql = "UPDATE runs SET ";
  for (const Figure& figure : all_figures()) sql += fmt::format("{} = ?, ", figure.name);
  sql.replace(sql.size() - 2, 2, " WHERE id = ?");
  auto statement = database.prepare(sql);
  if (!statement) return fail(std::move(statement.error()));
  for (const Figure& figure : all_figures()) statement->bind((*open_.figures).*figure.value);
  statement->bind(id_);
  return statement->execute();
}

Status RunWriter::write_results(Database& database) {
  if (!open_.results) return {};
  if (Status done = write_metrics(database, id_, 0, open_.results->metrics); !done) return done;
  Inserter phases(database, "INSERT OR REPLACE INTO phases (run, position, name, seconds) VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < open_.results->phases.size(); ++i)
    phases.add(id_, i, open_.results->phases[i].name, open_.results->phases[i].seconds);
  return phases.status();
}

Status RunWriter::write_lists(Database& database) {
  if (Status done = write_properties(database, id_, "environment", open_.environment); !done) return done;
  Inserter epochs(database,
                  "INSERT OR REPLACE INTO epochs (run, epoch, samples_per_s, wall_s, samples, learning_rate)"
                  " VALUES (?, ?, ?, ?, ?, ?)");
  for (const EpochRecord& e : open_.epochs) {
    epochs.add(id_, e.epoch, e.samples_per_s, e.wall_s, e.samples, e.learning_rate);
    if (Status done = write_metrics(database, id_, e.epoch, e.metrics); !done) return done;
  }
  if (!epochs.status()) return epochs.status();

  if (open_.all_errors) {
    Inserter clear(database, "DELETE FROM errors WHERE run = ?");
    clear.add(id_);
    if (!clear.status()) return clear.status();
  }
  Inserter errors(database, "INSERT INTO errors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  std::int64_t position = open_.all_errors ? 0 : errors_written_;
  for (const ErrorRecord& e : open_.all_errors ? *open_.all_errors : open_.errors)
    errors.add(id_, position++, e.severity, e.node, e.file, e.message, e.remedy, e.count, e.records);
  if (!errors.status()) return errors.status();

  Inserter stages(database, "INSERT OR REPLACE INTO stages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < open_.stages.size(); ++i) {
    const StageRecord& s = open_.stages[i];
    stages.add(id_, i, s.node, s.type, s.workers, s.records, s.records_per_s, s.cpu_s, s.busy_s, s.starved_s,
               s.blocked_s, s.queue_fill);
  }
  return stages.status();
}

Status RunWriter::write_series(Database& database) {
  if (!series_ || series_->first_changed() == series_->rows()) return {};
  Inserter clear(database, "DELETE FROM series WHERE run = ? AND position >= ?");
  clear.add(id_, series_->first_changed());
  if (!clear.status()) return clear.status();
  Inserter rows(database, "INSERT INTO series VALUES (?, ?, ?)");
  for (std::size_t i = series_->first_changed(); i < series_->rows(); ++i) rows.add(id_, i, series_->row(i));
  if (!rows.status() || series_->stride() == stride_written_) return rows.status();
  return write_properties(database, id_, kCurvesKind, {{std::string(kStrideName), std::to_string(series_->stride())}});
}

/// In pieces, of which only those that changed are written: a curve grows at its end, and is thinned out rarely.
Status RunWriter::write_loss(Database& database) {
  const auto differs = std::mismatch(loss_.begin(), loss_.end(), loss_written_.begin(), loss_written_.end()).first;
  const auto first = static_cast<std::size_t>(differs - loss_.begin()) / kPointsAPiece;
  if (loss_ == loss_written_) return {};
  Inserter clear(database, "DELETE FROM loss_curve WHERE run = ? AND position >= ?");
  clear.add(id_, first);
  if (!clear.status()) return clear.status();
  Inserter pieces(database, "INSERT INTO loss_curve VALUES (?, ?, ?)");
  for (std::size_t piece = first; piece * kPointsAPiece < loss_.size(); ++piece) {
    const std::size_t begin = piece * kPointsAPiece;
    const std::size_t count = std::min(kPointsAPiece, loss_.size() - begin);
    std::vector<double> numbers;
    for (std::size_t i = begin; i < begin + count; ++i) numbers.insert(numbers.end(), {loss_[i].x, loss_[i].y});
    pieces.add(id_, piece, std::span<const double>(numbers));
  }
  return pieces.status();
}

void RunWriter::written() {
  begun_ = true;
  errors_written_ = open_.all_errors ? static_cast<std::int64_t>(open_.all_errors->size())
                                     : errors_written_ + static_cast<std::int64_t>(open_.errors.size());
  open_ = {};
  if (series_) {
    series_->written();
    stride_written_ = series_->stride();
  }
  loss_written_ = loss_;
}

}  // namespace feedline::inline runs
