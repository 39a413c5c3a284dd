// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace feedline::inline ranks {

/// The rank because of which all end.
struct LostRank {
  int rank = 0;
  std::string why{};  ///< completes "rank 3 on host ...": "was killed by signal 9"
};

/// Begins the reason of a rank that has not ended: it is stopped, or cut off.
inline constexpr std::string_view kSilentRank = "has not been heard of";

/// Begins, within a reason, what a rank says whose input is at fault (ErrorCode::BadInput): then it is so for all ranks.
inline constexpr std::string_view kRefusalWords = "its input is refused: ";

/// Where ranks show each other that they live, and why one no longer does. Only the first loss that is told stands:
/// what follows from it is no cause. Functions may throw a std::exception where the board cannot be reached.
class RankBoard {
 public:
  /// In place of a count: this rank is through, and need not be watched any more.
  static constexpr std::uint64_t kFinished = std::numeric_limits<std::uint64_t>::max();

  virtual ~RankBoard() = default;
  /// Shows that a rank lives, by a count that rises.
  virtual void beat(int rank, std::uint64_t count) = 0;
  /// Its newest count; 0 before the first.
  [[nodiscard]] virtual std::uint64_t count_of(int rank) = 0;
  virtual void tell_lost(const LostRank& lost) = 0;
  [[nodiscard]] virtual std::optional<LostRank> lost() = 0;
};

/// The board of ranks on one machine: two small files of a folder that all of them have. The launcher, too, tells there
/// how a rank ended. Error: the folder cannot be written.
[[nodiscard]] Result<std::unique_ptr<RankBoard>> open_board(const std::filesystem::path& folder);

}  // namespace feedline::inline ranks
