// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/preprocess/crop_window.h"
#include "schema/datum.h"

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Choices of the `filter` parameter and their text, shared by all nodes that resample.
[[nodiscard]] std::vector<std::string> filter_choices();
inline constexpr std::string_view kFilterDoc =
    "How pixels are interpolated. 'linear' is fastest and the usual choice for training; 'area' averages, so that "
    "strongly "
    "shrunken pictures do not shimmer; 'cubic' keeps enlarged ones crisp.";

/// Cuts `window` (of the whole picture, of which `in` may hold a part) out and scales it to width x height. u8 or f32,
/// HWC or CHW. Call whole_picture_size(in) first.
Status resample(const Datum& in, const CropWindow& window, std::int64_t width, std::int64_t height,
                std::string_view filter, Datum& out);

}  // namespace feedline::inline nodes
