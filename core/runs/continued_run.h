// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/database.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline runs {

/// The run in the record that a run goes on which is resumed, as its checkpoint has it.
struct ContinuedRun {
  std::int64_t run = 0;                           ///< 0: it begins anew
  double started_at = 0;                          ///< tells runs of one number in two records apart
  std::pair<std::string, std::string> property{};  ///< of its environment, which must still be so
  std::uint32_t epochs = 0;                       ///< so many are kept: what came behind the checkpoint is done again
  double wall_s = 0;                              ///< so much of its curves
};

/// Curves as they stand in the file; see SeriesTable.
struct EarlierCurves {
  std::vector<std::string> columns{};
  std::vector<double> values{};
  std::size_t stride = 1;  ///< moments that a row stands for
};

/// Is it still in this record, and does no other process that is alive write it? Errors: of the file.
[[nodiscard]] Result<bool> may_continue(Database& database, const ContinuedRun& earlier);
/// Takes what came behind its checkpoint out of the record, and what is told anew in any case.
[[nodiscard]] Status cut_back(Database& database, const ContinuedRun& earlier);
/// Its curves up to the checkpoint.
[[nodiscard]] Result<EarlierCurves> earlier_curves(Database& database, const ContinuedRun& earlier);

// Under this kind and name a run's properties have the stride of its curves.
inline constexpr std::string_view kCurvesKind = "curves";
inline constexpr std::string_view kStrideName = "stride";

}  // namespace feedline::inline runs
