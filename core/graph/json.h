// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/validate.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline graph {

/// Newest version of the file format. A file states the oldest version that can say what is in it, so that older
/// programs read what they can. Older files are migrated on reading, step by step; a newer file is refused with the
/// version that it needs.
inline constexpr int kFormatVersion = 3;

/// A document as read, with what a reader should be told of the file (unknown keys and the like, as warnings).
struct Loaded {
  Document document{};
  std::vector<Problem> notes{};
};

/// Reads the `.feedline` format (documented in resources/help/file-format.md). Unknown keys, unknown node types and
/// parameters of odd types are kept. Errors: not JSON (with line and column), not a Feedline file, a newer version, a
/// structural fault (a node without id, two nodes of one id, a link to nowhere, two links into one input), nesting
/// deeper than 64 levels, a key twice in one object. Nodes of an older version of their type are brought up to date by
/// the type's own NodeSpec::upgrade, which is noted.
[[nodiscard]] Result<Loaded> from_json(std::string_view text, const Registry& registry = Registry::instance());
/// The same from a file (at most 64 MiB); the error names it. Refuses folders, pipes and devices.
[[nodiscard]] Result<Loaded> load_document(const std::filesystem::path& file,
                                           const Registry& registry = Registry::instance());

/// Stable, readable JSON: equal documents give equal bytes.
[[nodiscard]] std::string to_json(const Document& document);
/// Writes beside the file and renames over it, so that a crash or a full disk never harms the old version.
[[nodiscard]] Status save_document(const Document& document, const std::filesystem::path& file);

}  // namespace feedline::inline graph
