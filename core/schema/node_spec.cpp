// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_spec.h"

#include "base/user_path.h"

#include <algorithm>
#include <array>

namespace feedline::inline schema {
namespace {

int index_of(const std::vector<PortSpec>& ports, std::string_view port) {
  const auto found = std::find_if(ports.begin(), ports.end(), [&](const PortSpec& p) { return p.name == port; });
  return found == ports.end() ? -1 : static_cast<int>(found - ports.begin());
}

}  // namespace

std::string_view name(Category category) {
  constexpr std::array<std::string_view, 9> names = {"Sources",    "Preprocessing", "Batching", "Layers",   "Losses",
                                                     "Optimisers", "Estimators",    "Training", "Structure"};
  return names[static_cast<std::size_t>(category)];
}

std::string_view heading_of(const NodeSpec& spec) {
  if (spec.category == Category::Estimator) return "Learners";
  if (spec.category != Category::Preprocess) return name(spec.category);
  for (const auto* ports : {&spec.inputs, &spec.outputs})
    for (const PortSpec& port : *ports)
      if (!port.kind->heading.empty()) return port.kind->heading;
  return "Records";
}

const ParamSpec* NodeSpec::param(std::string_view param_name) const {
  const auto found =
      std::find_if(params.begin(), params.end(), [&](const ParamSpec& p) { return p.name == param_name; });
  return found == params.end() ? nullptr : &*found;
}

int NodeSpec::input(std::string_view port) const { return index_of(inputs, port); }
int NodeSpec::output(std::string_view port) const { return index_of(outputs, port); }

const PortSpec* NodeSpec::output_of(Kind kind) const {
  const auto found =
      std::find_if(outputs.begin(), outputs.end(), [&](const PortSpec& port) { return port.kind == kind; });
  return found == outputs.end() ? nullptr : &*found;
}

NodeSpec NodeSpec::for_params(const ParamMap& set) const {
  NodeSpec own = *this;
  if (!ports) return own;
  NodePorts made = ports(complete(set));
  own.inputs = std::move(made.inputs);
  own.outputs = std::move(made.outputs);
  return own;
}

bool NodeSpec::counts(const ParamSpec& param, const ParamMap& set) const {
  const ParamSpec* other = param.only_if.param.empty() ? nullptr : this->param(param.only_if.param);
  if (other == nullptr) return true;
  const auto found = set.find(other->name);
  const std::string value = to_text(found == set.end() ? other->default_value : found->second);
  const auto& values = param.only_if.values;
  return std::find(values.begin(), values.end(), value) != values.end();
}

ParamMap NodeSpec::complete(const ParamMap& set) const {
  ParamMap all;
  for (const ParamSpec& param : params) {
    const auto found = set.find(param.name);
    Value value = found == set.end() ? param.default_value : found->second;
    const bool is_path = param.kind == ParamKind::File || param.kind == ParamKind::Folder;
    if (auto* path = std::get_if<std::string>(&value); is_path && path != nullptr) *path = user_path(*path);
    all.emplace(param.name, std::move(value));
  }
  return all;
}

}  // namespace feedline::inline schema
