// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <opencv2/core.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// A closed line; in units in which the whole shape fits into -1..1, y downwards.
using Outline = std::vector<cv::Point2f>;
/// Filled together by the even-odd rule, so that an outline within another is a hole.
using Part = std::vector<Outline>;
/// Parts may overlap; all are filled.
using Shape = std::vector<Part>;

inline constexpr std::size_t kShapeCount = 20;
/// Name of class `index` (below kShapeCount), for people and as a folder: "circle", "letter A".
[[nodiscard]] std::string_view shape_name(std::size_t index);
/// The outlines of class `index`.
[[nodiscard]] const Shape& shape_outline(std::size_t index);

}  // namespace feedline::inline nodes
