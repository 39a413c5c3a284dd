// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Where checkpoints lie unless somebody names a folder: below "checkpoints" in the folder for the user's data, a folder
// a graph, in it one a run.

#include "runs/run_record.h"
#include "state/checkpoint_files.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace feedline::inline recording {

/// What stands for the folder of an example's graph: "example:quickstart".
inline constexpr std::string_view kExampleGraph = "example:";

/// Of a graph's file, `example:NAME`, or the name of a graph that has no file yet.
[[nodiscard]] std::filesystem::path checkpoint_home(const std::string& graph);
/// For a run that begins now. Names sort as runs do; none is given twice.
[[nodiscard]] std::filesystem::path new_checkpoint_folder(const std::string& graph);
/// Of the newest run of a graph that has left any; else where it would.
[[nodiscard]] std::filesystem::path newest_checkpoint_folder(const std::string& graph);
/// Makes room for another run's: see bound_checkpoints(). Reads the disk.
void make_room_for_checkpoints();

/// The folder of a recorded run's checkpoints; empty: it wrote none.
[[nodiscard]] std::filesystem::path checkpoints_of(const RunRecord& run);

/// Under this name a run's environment has their folder.
inline constexpr std::string_view kCheckpointsProperty = "checkpoints";
/// As it stands there: whole, however it was named.
[[nodiscard]] std::string checkpoints_property(const std::filesystem::path& folder);

}  // namespace feedline::inline recording
