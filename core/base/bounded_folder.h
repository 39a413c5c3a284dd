// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace feedline::inline base {

/// How much of one kind a folder of the cache folder may hold.
struct FolderBound {
  std::size_t files = 0;
  std::uintmax_t bytes = 0;
};

/// Removes files of `newest`'s folder and ending until no more than these remain: those that were written or asked for
/// (mark_asked()) longest ago first, and never `newest` itself. Whoever has one open goes on reading it. Another
/// program may do the same at the same time: what is gone already, or cannot be removed, is passed over.
void bound_folder(const std::filesystem::path& newest, const FolderBound& bound);

/// The file has been asked for. False: it is not there.
bool mark_asked(const std::filesystem::path& file);

}  // namespace feedline::inline base
