// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <string>
#include <string_view>

namespace feedline::inline nodes {

/// What the path of generated files begins with: `example:training-images`. Every example of the gallery so runs
/// without any file of the user's.
inline constexpr std::string_view kExampleFiles = "example:";

/// The file or folder that a parameter names. `example:training-images`, `-labels`, `example:test-images`, `-labels`
/// (IDX files of 28x28 pictures in ten classes), `example:pictures` (a folder of class folders with JPEG files),
/// `example:texts` (lines of class, tab and text), `example:news` (a table of class, title and text),
/// `example:blobs` (a table of four numbers and a class) and `example:records` (a table that names pictures, beside a
/// text, a number and a category) are made in the cache folder when they are first asked for; any other path is
/// returned as it is. Errors: no such example, cannot write; stopped.
[[nodiscard]] Result<std::string> example_or_path(const std::string& path, const SourceContext& context);

}  // namespace feedline::inline nodes
