// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/curves_text.h"

#include "cli/json_values.h"

#include <utility>

namespace feedline::cli {

std::string json_with_curves(const std::string& json, const std::vector<CurveFinding>& curves) {
  Json object = Json::parse(json);
  Json list = Json::array();
  for (const CurveFinding& finding : curves)
    list.push_back({{"kind", name(finding.kind)},
                    {"headline", finding.headline},
                    {"evidence", finding.evidence},
                    {"remedy", finding.remedy}});
  object["curves"] = std::move(list);
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace feedline::cli
