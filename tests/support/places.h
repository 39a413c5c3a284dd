// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace feedline::test {

// Where things lie on this machine. Known to one source file only, so that the tests' object files are the same in
// every checkout and ccache shares them.

/// A path below the source tree; `below` begins with a slash.
[[nodiscard]] QString source_dir(const QString& below = {});
/// A path below the folder of real data sets, which may be absent.
[[nodiscard]] QString shared_data(const QString& below = {});
/// The programs under test.
[[nodiscard]] QString cli_path();
[[nodiscard]] QString window_path();

}  // namespace feedline::test
