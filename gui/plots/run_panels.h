// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/run_panel.h"

#include <vector>

namespace feedline::gui::inline plots {

/// The panels of a run, in the order of menus and tabs. PANEL stands for `RunPanelSpec PANEL_panel()`, which the file
/// of the panel defines.
#define FEEDLINE_RUN_PANELS(X) \
  X(stages)                    \
  X(step)                      \
  X(queues)                    \
  X(levels)                    \
  X(ranks)                     \
  X(timeline)                  \
  X(loss)                      \
  X(throughput)                \
  X(resources)                 \
  X(mistakes)                  \
  X(tryout)

#define FEEDLINE_DECLARE_PANEL(PANEL) [[nodiscard]] RunPanelSpec PANEL##_panel();
FEEDLINE_RUN_PANELS(FEEDLINE_DECLARE_PANEL)
#undef FEEDLINE_DECLARE_PANEL

[[nodiscard]] const std::vector<RunPanelSpec>& run_panels();

/// Their names by group, as an arrangement takes them.
[[nodiscard]] GroupedPanels grouped_run_panels();

}  // namespace feedline::gui::inline plots
