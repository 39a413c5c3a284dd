// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/file_io.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace feedline::inline nodes {

/// Takes the unpacked bytes one piece after the other.
using UnpackedSink = std::function<Status(std::span<const std::byte>)>;

/// A name in `folder` of the cache folder for what is made of the file at `path`: it changes with its place, size and
/// time of change, and with `what`, which may be empty.
[[nodiscard]] std::filesystem::path cached_name(const std::string& path, const FileFacts& facts,
                                                const SourceContext& context, std::string_view folder,
                                                std::string_view what);

/// The file at `target`, made by `unpack(sink)` unless it is there already. It appears under its name only when it is
/// whole; more than `most` bytes are refused as soon as they come.
Status unpack_once(const std::filesystem::path& target, const std::string& path, std::uint64_t most,
                   const std::function<Status(const UnpackedSink&)>& unpack);

}  // namespace feedline::inline nodes
