// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/engine: which source reads a file or a folder, other than pictures and IDX, by names. Of a text
// without a telling name the first lines are looked at.

#include "graph/starter.h"

#include <filesystem>
#include <optional>

namespace feedline::inline engine {

/// Tables (.csv, .tsv, .data, packed or not, .sqlite, or a .txt whose first lines have equally many cells), archives,
/// NumPy arrays, CIFAR files, lines of texts, text files of a class each with those beside them. Those for testing beside those for training are found by their names.
/// None: no source reads this kind of file.
[[nodiscard]] std::optional<StarterData> data_of_file(const std::filesystem::path& file);
/// CIFAR files, class folders of texts, or text files whose lines are the texts of a class. None: none of them.
[[nodiscard]] std::optional<StarterData> data_of_folder(const std::filesystem::path& folder);

}  // namespace feedline::inline engine
