// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/behaviour.h"

#include <functional>
#include <span>
#include <string>

namespace feedline::inline nodes {

/// Does the file begin like a gzip file?
[[nodiscard]] bool is_gzip(int descriptor);

/// Takes the next unpacked bytes; an error ends the unpacking.
using ByteSink = std::function<Status(std::span<const std::byte>)>;

/// Unpacks a gzip file (all members, one after the other) into `sink`, in pieces of at most 256 KiB. Lengths and CRC-32
/// are checked. Errors name the file: truncated, damaged, no gzip; stopped; the sink's own. Reports progress by the
/// packed bytes read.
Status gunzip(int descriptor, const std::string& path, std::uint64_t packed_size, const SourceContext& context,
              const ByteSink& sink);

}  // namespace feedline::inline nodes
