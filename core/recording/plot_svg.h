// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to recording.

#include "recording/markup.h"
#include "runs/run_record.h"

#include <string>
#include <vector>

namespace feedline::inline recording {

/// A curve of a plot. Points that are not finite break it.
struct PlotCurve {
  std::string name{};
  std::vector<CurvePoint> points{};
  bool marks = false;  ///< a sign at each point, for curves of few
};

struct Plot {
  std::string title{};
  std::string x{};  ///< what the axes show, with their units
  std::string y{};
  std::vector<PlotCurve> curves{};
  bool from_zero = true;  ///< the y axis begins there
  bool share = false;     ///< y is 0..1, written as per cent
  bool whole = false;     ///< x counts something: there is nothing between two numbers
};

/// Axes with round numbers, at most six curves that differ in colour and dashes, and their names. Empty where no curve
/// has a point.
[[nodiscard]] markup::Picture plot_svg(const Plot& plot, double width = 460, double height = 240);

/// Round numbers that divide a range into four to ten parts.
[[nodiscard]] std::vector<double> ticks(double low, double high);

/// Horizontal bars of parts that make up one whole (1), each row with its name; a part's number stands in it where
/// there is room.
struct BarRow {
  std::string name{};
  std::vector<double> parts{};  ///< 0..1
};
struct BarPart {
  std::string name{};
  markup::Hue hue = markup::kTrain;
};
[[nodiscard]] markup::Picture bars_svg(const std::string& title, const std::vector<BarPart>& parts,
                                       const std::vector<BarRow>& rows, double width = 460);

}  // namespace feedline::inline recording
