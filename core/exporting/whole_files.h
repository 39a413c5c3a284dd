// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: files and folders that are there as a whole, or not at all.

#include "base/error.h"

#include <filesystem>
#include <functional>
#include <string_view>

namespace feedline::inline exporting {

/// Writes beside the place and renames. Error: names the file, with what to do.
Status write_whole_file(const std::filesystem::path& path, std::string_view content);

/// Has `fill` write files into a folder beside the wanted one, and moves it, or its files, there. The folder may be
/// missing, empty, or hold an earlier one: its file `marked` then has the text `mark`. Files of that which are written
/// again are replaced; others stay.
/// Errors: those of `fill`; another folder, which is left alone; one that cannot be written.
Status write_whole_folder(const std::filesystem::path& folder, std::string_view marked, std::string_view mark,
                          const std::function<Status(const std::filesystem::path&)>& fill);

}  // namespace feedline::inline exporting
