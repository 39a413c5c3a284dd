// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"
#include "gui/models/bad_files_model.h"
#include "gui/models/findings_model.h"

#include <QString>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace feedline::gui::inline checking {

/// A report as the window shows it. Nothing of it changes any more; shared, since it may be large.
struct CheckPages {
  std::shared_ptr<const CheckReport> report{};
  std::vector<FindingText> findings{};
  std::shared_ptr<const BadFileList> files{};
  std::size_t bad_files = 0;  ///< and repeated ones; the list may name fewer
  QString overview{};         ///< HTML
  QString summary{};          ///< one line
};

/// "12,345".
[[nodiscard]] QString number(std::uint64_t n);
/// Puts a report into words. It takes its time: not for the GUI thread.
[[nodiscard]] std::shared_ptr<const CheckPages> pages_of(CheckReport report);

}  // namespace feedline::gui::inline checking
