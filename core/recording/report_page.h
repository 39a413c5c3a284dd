// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "recording/markup.h"
#include "runs/run_record.h"

#include <string>
#include <vector>

namespace feedline::inline recording {

/// A piece of a report: a heading, then words, tables and pictures. Either may be missing.
struct ReportPart {
  std::string heading{};  ///< plain text
  std::string html{};     ///< of the plain kind that a word processor reads too
  std::vector<markup::Picture> pictures{};
};

/// What there is to say of a run, in order: verdict and figures, plots, stages, epochs, errors, graph, parameters,
/// environment. What is not known is left out.
[[nodiscard]] std::vector<ReportPart> report_parts(const RunRecord& run);
/// "Run 12: Cats".
[[nodiscard]] std::string report_title(const RunRecord& run);

/// A page that needs nothing but itself: no script, no file, no network. Light or dark as the reader's system is, light
/// on paper. All that comes from the run is escaped.
[[nodiscard]] std::string report_page(const RunRecord& run);

}  // namespace feedline::inline recording
