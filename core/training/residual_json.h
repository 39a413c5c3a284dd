// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/residual_plot.h"

#include <nlohmann/json_fwd.hpp>

namespace feedline::inline training {

/// `residuals` of every JSON of Feedline (resources/help/run-json.md). JSON knows no NaN: null.
[[nodiscard]] nlohmann::ordered_json residuals_json(const ResidualPlot& plot);

}  // namespace feedline::inline training
