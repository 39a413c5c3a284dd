// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/curves.h"
#include "graph/document.h"
#include "runs/database.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace feedline::inline recording {

/// What the curves of an earlier run say.
struct PastCurves {
  std::int64_t run = 0;  ///< in the record; 0: there is none that could be judged
  std::vector<CurveFinding> findings{};
};

/// Of the newest run of this graph's file that was long enough to be judged and learnt by the same graph: how it was
/// run, and for how long, may differ. A measurement of some seconds has no curves of its own. `file`: as the record has
/// it; `record`: where that lies. A record that cannot be read has no runs.
[[nodiscard]] PastCurves curves_of_last_run(const Document& document, const std::string& file,
                                            const std::filesystem::path& record = default_data_folder() / "runs.db");

}  // namespace feedline::inline recording
