// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "runs/run_record.h"

#include <QString>

namespace feedline::gui::inline runs {

/// The report of a run (recording/report_page.h) as pages of A4. From any thread. Errors: the file cannot be written.
[[nodiscard]] Status write_report_pdf(const RunRecord& run, const QString& file);
/// As an HTML page.
[[nodiscard]] Status write_report_page(const RunRecord& run, const QString& file);

}  // namespace feedline::gui::inline runs
