// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/json.h"
#include "recording/checkpoint_places.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::cli {

/// What a FILE argument may start with to name an embedded example: `example:quickstart`.
inline constexpr std::string_view kExamplePrefix = kExampleGraph;

/// Names of the embedded examples, without their extension.
[[nodiscard]] std::vector<std::string> example_names();
/// Contents of an embedded example. The error lists what there is.
[[nodiscard]] Result<std::string_view> example_text(std::string_view name);

/// Reads a graph from a file or an embedded example. Errors: none given, unreadable, not a graph; each with a hint at
/// the examples where that helps.
[[nodiscard]] Result<Loaded> load_graph(const std::string& file);

/// A FILE argument as somebody finds it again who is in another folder.
[[nodiscard]] std::string source_file(const std::string& file);

/// The folder that the origins of a graph's sub-graphs are relative to (graph/node_file.h): that of the file, none for
/// an example.
[[nodiscard]] std::filesystem::path node_folder(const std::string& file);

/// Applies `--set NODE.PARAM=VALUE` arguments in their order.
[[nodiscard]] Status apply_overrides(Document& document, const std::vector<std::string>& assignments);

}  // namespace feedline::cli
