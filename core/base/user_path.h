// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace feedline::inline base {

/// The path that a person, a file manager or Feedline itself means by `text`:
/// - `~`, `~/x` and `~name/x` start in a home folder; write `./~` for a file of that name;
/// - `file:///x`, `file:/x` and `file://localhost/x` are taken apart, with %20 and the like turned back;
/// - `\xHH`, as names are shown (escape_name()), is that byte, unless something is really called so.
/// Everything else is given back as it is. Looks at the disk only where there is a `\xHH`.
[[nodiscard]] std::string user_path(std::string_view text);

}  // namespace feedline::inline base
