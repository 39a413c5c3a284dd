// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/database.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline runs {

/// The run in the record that a run goes on which is resumed, as its checkpoint has it.
struct ContinuedRun {
  /// 0: the checkpoint was taken before the run had a number; then it is the newest run with this property.
  std::int64_t run = 0;
  double started_at = 0;  ///< tells runs of one number in two records apart
  /// Of its environment, which must still be so. No name: it goes on none, but begins anew.
  std::pair<std::string, std::string> property{};
  std::uint32_t epochs = 0;  ///< so many are kept: what came behind the checkpoint is done again
  double wall_s = 0;         ///< so much of its curves
};

/// Curves as they stand in the file; see SeriesTable.
struct EarlierCurves {
  std::vector<std::string> columns{};
  std::vector<double> values{};
  std::size_t stride = 1;  ///< moments that a row stands for
};

/// Finds it in this record, and fills in what was not known of it. None: it is not there, was deleted, or a process
/// that is alive writes it. Errors: of the file.
[[nodiscard]] Result<std::optional<ContinuedRun>> find_continued(Database& database, ContinuedRun earlier);
/// Takes what came behind its checkpoint out of the record, and what is told anew in any case.
[[nodiscard]] Status cut_back(Database& database, const ContinuedRun& earlier);
/// Its curves up to the checkpoint.
[[nodiscard]] Result<EarlierCurves> earlier_curves(Database& database, const ContinuedRun& earlier);

// Under this kind and name a run's properties have the stride of its curves.
inline constexpr std::string_view kCurvesKind = "curves";
inline constexpr std::string_view kStrideName = "stride";

}  // namespace feedline::inline runs
