// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/predictions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace feedline::inline runs {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

/// Nearest rank.
double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace

double Prediction::error() const { return measured > 0 ? std::abs(predicted / measured - 1) : 1; }

Status add_prediction(Database& database, Prediction p) {
  if (p.made_at.empty()) p.made_at = utc_now();
  auto statement = database.prepare(
      "INSERT INTO predictions (made_at, graph, fix, title, verdict, predicted, measured, low, high, pairs, kept)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!statement) return fail(std::move(statement.error()));
  statement->bind(p.made_at).bind(p.graph).bind(p.fix).bind(p.title).bind(p.verdict);
  statement->bind(p.predicted).bind(p.measured).bind(p.low).bind(p.high);
  statement->bind(p.pairs).bind(std::int64_t{p.kept ? 1 : 0});
  if (auto done = statement->step(); !done) return fail(std::move(done.error()));
  return {};
}

Result<std::vector<Prediction>> predictions(Database& database, std::size_t most) {
  auto statement = database.prepare(
      "SELECT id, made_at, graph, fix, title, verdict, predicted, measured, low, high, pairs, kept"
      " FROM predictions ORDER BY id DESC LIMIT ?");
  if (!statement) return fail(std::move(statement.error()));
  statement->bind(most == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(most));
  std::vector<Prediction> all;
  for (;;) {
    auto row = statement->step();
    if (!row) return fail(std::move(row.error()));
    if (!*row) return all;
    all.push_back({.id = statement->integer(0),
                   .made_at = statement->text(1),
                   .graph = statement->text(2),
                   .fix = statement->text(3),
                   .title = statement->text(4),
                   .verdict = statement->text(5),
                   .predicted = statement->real(6),
                   .measured = statement->real(7),
                   .low = statement->real(8),
                   .high = statement->real(9),
                   .pairs = statement->integer(10),
                   .kept = statement->integer(11) != 0});
  }
}

TrackRecord track_record(const std::vector<Prediction>& predictions) {
  TrackRecord record{.count = predictions.size()};
  std::vector<double> errors;
  for (const Prediction& p : predictions) {
    errors.push_back(p.error());
    record.right_direction += (p.predicted >= 1) == (p.measured >= 1) ? 1 : 0;
  }
  std::sort(errors.begin(), errors.end());
  const std::size_t middle = errors.size() / 2;
  if (!errors.empty())
    record.median_error = errors.size() % 2 == 1 ? errors[middle] : (errors[middle - 1] + errors[middle]) / 2;
  record.p90_error = quantile(errors, 0.9);
  return record;
}

}  // namespace feedline::inline runs
