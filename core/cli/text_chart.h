// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace feedline::cli {

/// One line of a chart. Points by rising x; one that is no finite number is passed over.
struct ChartLine {
  std::string name{};
  std::vector<std::pair<double, double>> points{};
};

struct ChartForm {
  std::string title{};
  std::function<std::string(double x)> x_text{};  ///< of the ends and the middle of the axis
  std::function<std::string(double y)> y_text{};
  bool logarithmic = false;      ///< along x; a point at 0 or below is passed over
  std::optional<double> mark{};  ///< an x that is marked from top to bottom
  std::size_t width = 80;        ///< columns
};

/// Lines drawn as letters, the first as 'a', with scales and the names of the letters below; '*' stands where lines
/// meet. Between two points a line is straight. Plain ASCII but for names and numbers. Empty where there is nothing to
/// draw a line through: fewer than two points of any one of them.
[[nodiscard]] std::string chart_text(const std::vector<ChartLine>& lines, const ChartForm& form);

}  // namespace feedline::cli
