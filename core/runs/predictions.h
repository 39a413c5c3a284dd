// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/database.h"

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline runs {

/// What a fix was expected to bring, and what it brought. Kept for ever.
struct Prediction {
  std::int64_t id = 0;
  std::string made_at{};  ///< UTC, "2026-11-25T16:20:00Z"; empty when added: now
  std::string graph{};    ///< title or file
  std::string fix{};      ///< its id: "cache:resize"
  std::string title{};
  std::string verdict{};  ///< kind of the verdict that offered it
  double predicted = 1;   ///< ratio of rates
  double measured = 1;
  double low = 1;  ///< interval of the measured ratio, 95 %
  double high = 1;
  std::int64_t pairs = 0;  ///< A/B pairs measured
  bool kept = false;
  /// |predicted / measured - 1|
  [[nodiscard]] double error() const;
};

/// How good the predictions were so far.
struct TrackRecord {
  std::size_t count = 0;
  double median_error = 0;
  double p90_error = 0;
  std::size_t right_direction = 0;  ///< predicted and measured on the same side of 1
};

[[nodiscard]] Status add_prediction(Database& database, Prediction prediction);
/// Newest first; `most` 0: all.
[[nodiscard]] Result<std::vector<Prediction>> predictions(Database& database, std::size_t most = 0);
[[nodiscard]] TrackRecord track_record(const std::vector<Prediction>& predictions);

}  // namespace feedline::inline runs
