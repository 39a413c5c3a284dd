// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/study.h"

#include <string>
#include <string_view>

namespace feedline::inline recording {

// What tables say of a study's settings.

/// "87.1 % ± 0.4"; of one seed without an interval; "-" without any.
[[nodiscard]] std::string study_value_text(const MeanInterval& interval, const MetricValue& metric);
/// "12.3 s ± 0.4 s"; of one seed without an interval; "-" without any.
[[nodiscard]] std::string study_time_text(const MeanInterval& interval);
/// "12.3 s ± 0.4 s (2 of 3)", "not reached": seconds to the target.
[[nodiscard]] std::string study_target_text(const Study& study, const SettingOutcome& outcome);
/// "complete", "stopped", "failed", "not run".
[[nodiscard]] std::string_view study_state_text(const SettingOutcome& outcome);
/// "Complete", "The budget was spent", "Interrupted".
[[nodiscard]] std::string_view study_end_text(Study::End end);
/// "study-1: 4 settings with 2 seeds; 1 epoch of 4 settings, then 2 epochs of 2 settings. Complete after 12.3 s."
[[nodiscard]] std::string study_plan_text(const Study& study);

}  // namespace feedline::inline recording
