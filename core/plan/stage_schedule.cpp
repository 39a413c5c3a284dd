// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/stage_schedule.h"

#include <algorithm>

namespace feedline::inline plan {

std::vector<StageTask> stage_schedule(std::string_view schedule, std::size_t stage, std::size_t stages,
                                      std::size_t micros) {
  const std::size_t ahead = schedule == "gpipe" ? micros : std::min(micros, stages - std::min(stage + 1, stages));
  std::vector<StageTask> tasks;
  tasks.reserve(2 * micros);
  std::size_t forward = 0;
  std::size_t backward = 0;
  while (forward < ahead) tasks.push_back({.micro = forward++});
  while (forward < micros) {
    tasks.push_back({.micro = forward++});
    tasks.push_back({.backward = true, .micro = backward++});
  }
  while (backward < micros) tasks.push_back({.backward = true, .micro = backward++});
  return tasks;
}

double bubble_share(std::size_t stages, std::size_t micros) {
  if (stages < 2) return 0;
  const auto idle = static_cast<double>(stages - 1);
  return idle / (static_cast<double>(std::max<std::size_t>(micros, 1)) + idle);
}

}  // namespace feedline::inline plan
