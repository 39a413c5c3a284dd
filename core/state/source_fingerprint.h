// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <optional>
#include <stop_token>
#include <string>

namespace feedline::inline schema {
class Source;
}  // namespace feedline::inline schema

namespace feedline::inline state {

/// A hash over the names, sizes and times of change of all files of a source: as long as it stays, so does what was
/// found out about the records. It asks the system about every file, and reads none. None: the source does not say
/// which its files are (OwnFiles, SharedFiles), so nothing about it can be kept. Error: stopped.
[[nodiscard]] Result<std::optional<std::string>> source_fingerprint(const Source& source, const std::stop_token& stop);

/// The same of the few files that records share (SharedFiles) alone: for what these tell by themselves, where each
/// record is a file besides. None: the source has no such files.
[[nodiscard]] std::optional<std::string> shared_files_fingerprint(const Source& source);

}  // namespace feedline::inline state
