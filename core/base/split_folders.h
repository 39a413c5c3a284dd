// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>

namespace feedline::inline base {

/// The parts of a data set that lie side by side: `train/` and `val/`.
struct DataSplit {
  std::filesystem::path training{};
  std::filesystem::path validation{};
};

/// Is this the parent of such parts? Names as split_role() knows them; a part for tests
/// counts only where there is none for validation. Both parts must have class folders in them, and nothing else may
/// stand beside them that could be a class. Looks at names only; what cannot be read is no such folder.
[[nodiscard]] std::optional<DataSplit> split_folders(const std::filesystem::path& folder);

}  // namespace feedline::inline base
