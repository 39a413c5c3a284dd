// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The folder of one run's checkpoints. Each is a state (state/training_state.h) in a file of its own, named after the
// step behind which it was taken: "step-000000500.safetensors"; beside them "best.safetensors".

#include "base/error.h"
#include "state/training_state.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline state {

inline constexpr std::string_view kBestCheckpoint = "best.safetensors";
[[nodiscard]] std::string checkpoint_name(std::uint64_t step);

struct CheckpointFile {
  std::filesystem::path path{};
  std::uint64_t step = 0;
};
/// The numbered ones, the newest first; none: there is no such folder, or it is empty.
[[nodiscard]] std::vector<CheckpointFile> list_checkpoints(const std::filesystem::path& folder);
/// Removes all but the newest numbered ones, and what a writing that was killed has left.
void keep_newest_checkpoints(const std::filesystem::path& folder, std::size_t keep);

struct OpenedCheckpoint {
  std::filesystem::path path{};
  TrainingState state{};
  std::vector<Error> damaged{};  ///< newer ones in the same folder, which were passed over
};
/// A file, or the newest of a folder that is whole; none: a folder that is missing or has no checkpoint, so that a run
/// begins anew. Errors: a file that is missing, damaged or no checkpoint, with the one before it as remedy; a folder
/// whose checkpoints are all damaged.
[[nodiscard]] Result<std::optional<OpenedCheckpoint>> find_checkpoint(const std::filesystem::path& place);
/// The same for whoever needs one: of a folder the best, where there is one. Nothing to open is an error.
[[nodiscard]] Result<OpenedCheckpoint> open_best_checkpoint(const std::filesystem::path& place);
/// Renames the damaged ones that were passed over, or they would be found again and count as newer than what is written
/// next.
void put_damaged_aside(const OpenedCheckpoint& from);

/// Bounds what lies in `root`, where each run has a folder in the folder of its graph: removes those that were changed
/// longest ago until all take no more than this. Those of the last hour stay: their runs may be on.
void bound_checkpoints(const std::filesystem::path& root, std::uint64_t most_bytes);

}  // namespace feedline::inline state
