// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/run_record.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace feedline::inline runs {

std::string_view name(RunStatus status) {
  constexpr std::array<std::string_view, 6> names = {"preparing", "running", "finished", "stopped", "failed", "died"};
  return names[static_cast<std::size_t>(status)];
}

std::span<const Figure> all_figures() {
  static constexpr std::array figures = {Figure{"steps", &RunFigures::steps},
                                         Figure{"total_steps", &RunFigures::total_steps},
                                         Figure{"samples", &RunFigures::samples},
                                         Figure{"epoch", &RunFigures::epoch},
                                         Figure{"epochs", &RunFigures::epochs},
                                         Figure{"wall_s", &RunFigures::wall_s},
                                         Figure{"cpu_s", &RunFigures::cpu_s},
                                         Figure{"samples_per_s", &RunFigures::samples_per_s},
                                         Figure{"wait_share", &RunFigures::wait_share},
                                         Figure{"peak_rss_bytes", &RunFigures::peak_rss_bytes},
                                         Figure{"record_errors", &RunFigures::record_errors}};
  return figures;
}

std::size_t SeriesTable::find(std::string_view column) const {
  return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin());
}

std::string utc_text(double seconds_since_1970) {
  if (seconds_since_1970 <= 0) return {};
  const auto whole = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace feedline::inline runs
