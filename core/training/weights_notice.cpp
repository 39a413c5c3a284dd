// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/weights_notice.h"

#include "graph/subgraph.h"
#include "schema/registry.h"
#include "state/weights_file.h"

#include <string_view>

namespace feedline::inline training {
namespace {

constexpr std::string_view kNormaliseType = "normalise";

/// As ImageNet's pictures are, by the node's own numbers.
bool is_imagenet(const Node& node, const NodeSpec& spec) {
  const ParamMap params = spec.complete(node.params);
  const auto is = [&params](const char* name, std::string_view wanted) {
    const auto found = params.find(name);
    const auto* text = found == params.end() ? nullptr : std::get_if<std::string>(&found->second);
    return text == nullptr || *text == wanted;
  };
  const auto fitted = params.find("statistics");
  const auto* how = fitted == params.end() ? nullptr : std::get_if<std::string>(&fitted->second);
  return (how == nullptr || *how != "fitted") && is("preset", "imagenet") && is("mean", "") && is("stddev", "");
}

}  // namespace

std::optional<Error> normalise_notice(const Document& document, const std::string& backbone,
                                      const std::string& weights) {
  if (!weights.starts_with("example:") && promised_digest(weights).empty()) return std::nullopt;
  std::string other;
  bool any = false;
  bool alike = false;
  each_node(document, [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = node.type == kNormaliseType && !node.muted ? Registry::instance().find(node.type) : nullptr;
    if (spec == nullptr) return;
    any = true;
    if (is_imagenet(node, *spec)) {
      alike = true;
    } else {
      other = path;
    }
  });
  if (alike) return std::nullopt;
  return Error{.code = ErrorCode::Failed,
               .reason = any ? "its weights are for pictures that are normalised as ImageNet's, and '" + other +
                                   "' normalises them otherwise"
                             : "its weights are for pictures that are normalised as ImageNet's, and the graph "
                               "normalises none",
               .remedy = any ? "Set preset of " + other + " to imagenet, and clear its mean and stddev"
                             : "Put a normalise node with the preset imagenet in front of the batch",
               .node = backbone,
               .parameter = "weights"};
}

}  // namespace feedline::inline training
