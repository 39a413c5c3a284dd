// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/run_source.h"

#include "gui/workspace/document_tab.h"

namespace feedline::gui::inline app {

RunSource run_source(const DocumentTab& tab) {
  const std::string& title = tab.document().document().title();
  return {.title = title.empty() ? tab.display_name().toStdString() : title,
          .file = tab.document().file().toStdString(),
          .origin = "window"};
}

}  // namespace feedline::gui::inline app
