// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/check_params.h"

#include "base/advice.h"

namespace feedline::inline graph {

bool check_params(const Node& node, const std::string& path, const NodeSpec& spec,
                  const std::function<void(Error, Problem::Severity)>& report) {
  bool usable = true;
  for (const auto& [name, value] : node.params) {
    if (spec.param(name) != nullptr) continue;
    std::vector<std::string> names;
    for (const ParamSpec& param : spec.params) names.push_back(param.name);
    const std::string near = nearest_word(name, names);
    report(Error{.reason = "a " + spec.type + " node has no such parameter; it is kept, but without effect",
                 .remedy = near.empty() ? "" : "Did you mean '" + near + "'?",
                 .parameter = name},
           Problem::Severity::Warning);
  }
  for (const ParamSpec& param : spec.params) {
    const auto set = node.params.find(param.name);
    const Value& value = set == node.params.end() ? param.default_value : set->second;
    Status ok = param.check(value);
    if (ok) continue;
    const auto* text = std::get_if<std::string>(&value);
    const bool unset = param.required && text != nullptr && text->empty();
    if (unset)
      ok.error().remedy =
          advice("Choose one in the inspector", "Give one with --set " + path + "." + param.name + "=PATH");
    if (!unset) usable = false;  // an unset path leaves the shapes as symbols
    report(std::move(ok.error()), Problem::Severity::Error);
  }
  return usable;
}

}  // namespace feedline::inline graph
