// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/optimizer.h"

#include "base/arithmetic.h"
#include "schema/node_spec.h"

namespace feedline::inline schema {

Result<LayerRate> parse_layer_rate(std::string_view text) {
  const std::size_t sign = text.rfind('=');
  if (sign != std::string_view::npos && sign > 0)
    if (const auto factor = evaluate(text.substr(sign + 1)); factor && *factor >= 0)
      return LayerRate{.pattern = std::string(text.substr(0, sign)), .factor = static_cast<double>(*factor)};
  return fail("'" + std::string(text) + "' is not a layer's name and a factor",
              "Write NAME=FACTOR with a factor of 0 or more, such as head*=10; * stands for any text");
}

bool matches_layer(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t in = 0;
  std::size_t star = std::string_view::npos;  // the last one, which may take more
  std::size_t taken = 0;
  while (in < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken = in;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in])) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++taken;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

std::vector<RatePoint> rate_curve(const NodeSpec& spec, const ParamMap& params, std::uint64_t total,
                                  std::size_t points) {
  if (!spec.optimizer_settings) return {};
  return rate_curve(spec.optimizer_settings(params), total, points);
}

}  // namespace feedline::inline schema
