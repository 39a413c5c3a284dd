// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/run_panels.h"

#include <QCoreApplication>

namespace feedline::gui::inline plots {

QString RunPanelSpec::title_text() const { return QCoreApplication::translate("RunPanels", title); }

QString RunPanelSpec::shows_text() const { return QCoreApplication::translate("RunPanels", shows); }

const std::vector<RunPanelSpec>& run_panels() {
#define FEEDLINE_LIST_PANEL(PANEL) PANEL##_panel(),
  static const std::vector<RunPanelSpec> all = {FEEDLINE_RUN_PANELS(FEEDLINE_LIST_PANEL)};
#undef FEEDLINE_LIST_PANEL
  return all;
}

GroupedPanels grouped_run_panels() {
  GroupedPanels grouped;
  for (const RunPanelSpec& spec : run_panels()) {
    const QString name = QString::fromLatin1(spec.name);
    grouped.listed << name;
    grouped.of(spec.group) << name;
  }
  return grouped;
}

}  // namespace feedline::gui::inline plots
