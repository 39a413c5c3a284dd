// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/residual_json.h"

#include <nlohmann/json.hpp>

namespace feedline::inline training {

nlohmann::ordered_json residuals_json(const ResidualPlot& plot) {
  using List = nlohmann::ordered_json;
  List rows = List::array();
  for (std::size_t predicted = 0; predicted < plot.bins; ++predicted) {
    List row = List::array();
    for (std::size_t truth = 0; truth < plot.bins; ++truth) row.push_back(plot.at(predicted, truth));
    rows.push_back(std::move(row));
  }
  return {{"epoch", plot.epoch},
          {"count", plot.count},
          {"not_finite", plot.not_finite},
          {"mean", plot.mean},
          {"deviation", plot.deviation},
          {"first", plot.first},
          {"width", plot.width},
          {"counts", std::move(rows)},
          {"residual_first", plot.residuals.first},
          {"residual_width", plot.residuals.width},
          {"residual_counts", plot.residuals.counts}};
}

}  // namespace feedline::inline training
