// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/override.h"

#include "graph/subgraph.h"

#include <string>
#include <vector>

namespace feedline::inline graph {
namespace {

/// What is set of every node, beside its parameters.
constexpr std::string_view kMutedWord = "muted";

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, std::string_view noun) {
  const std::string near = nearest_word(word, known);
  if (!near.empty()) return "Did you mean '" + near + "'?";
  if (known.empty()) return "There is no " + std::string(noun) + " to set";
  std::string text = "There " + std::string(known.size() == 1 ? "is " : "are ");
  for (std::size_t i = 0; i < known.size(); ++i) text += (i == 0 ? "" : ", ") + known[i];
  return text;
}

}  // namespace

Result<Edit> parse_override(const Document& document, std::string_view assignment, const Registry& registry) {
  const std::size_t equals = assignment.find('=');
  const std::string_view target = assignment.substr(0, equals);
  const std::size_t dot = target.rfind('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos || dot == 0 || dot + 1 == target.size())
    return fail("'" + std::string(assignment) + "' sets nothing",
                "Write NODE.PARAM=VALUE, such as batch.size=64, or block/conv.filters=64 for a node in a sub-graph");
  const std::string id(target.substr(0, dot));
  const std::string name(target.substr(dot + 1));

  const Node* node = document.find(id);
  if (node == nullptr) {
    std::vector<std::string> ids;
    each_node(document, [&](const std::string& path, const Node&) { ids.push_back(path); });
    return fail(Error{.reason = "the graph has no such node", .remedy = did_you_mean(id, ids, "node"), .node = id});
  }
  const NodeSpec* spec = registry.find(node->type);
  if (spec == nullptr)
    return fail(Error{.reason = "its type '" + node->type + "' is unknown, so nothing of it can be set", .node = id});
  const ParamSpec* param = spec->param(name);
  if (param == nullptr && name == kMutedWord) {
    const std::string_view text = assignment.substr(equals + 1);
    if (text == "true" || text == "false") return Edit{SetMuted{id, text == "true"}};
    return fail(Error{.reason = "'" + std::string(text) + "' is neither true nor false",
                      .remedy = "Write " + id + ".muted=true to leave the node out",
                      .node = id,
                      .parameter = name});
  }
  if (param == nullptr) {
    std::vector<std::string> names;
    for (const ParamSpec& other : spec->params) names.push_back(other.name);
    return fail(Error{.reason = "a " + spec->type + " node has no such parameter",
                      .remedy = did_you_mean(name, names, "parameter"),
                      .node = id,
                      .parameter = name});
  }
  Result<Value> value = param->parse(assignment.substr(equals + 1));
  if (!value) return fail(std::move(value.error()).at_node(id));
  return Edit{SetParam{id, name, std::move(*value)}};
}

}  // namespace feedline::inline graph
