// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "recording/run_log.h"

namespace feedline::gui::inline workspace {
class DocumentTab;
}  // namespace feedline::gui::inline workspace

namespace feedline::gui::inline app {

/// What the record says of a run of this tab's graph: its title, or else its name, and its file.
[[nodiscard]] RunSource run_source(const DocumentTab& tab);

}  // namespace feedline::gui::inline app
