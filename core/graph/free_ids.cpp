// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/free_ids.h"

#include "graph/identifiers.h"
#include "graph/path.h"

namespace feedline::inline graph {
namespace {

void take_keys(const Diagram& diagram, std::unordered_set<std::string>& taken) {
  for (const Node& node : diagram.nodes()) {
    if (!node.key.empty()) taken.emplace(leaf_of(node.key));
    if (node.inner) take_keys(*node.inner, taken);
  }
}

}  // namespace

std::unordered_set<std::string_view> ids_of(const Diagram& diagram) {
  std::unordered_set<std::string_view> ids;
  ids.reserve(2 * diagram.nodes().size());
  for (const Node& node : diagram.nodes()) ids.insert(node.id);
  for (const Comment& comment : diagram.comments()) ids.insert(comment.id);
  for (const Frame& frame : diagram.frames()) ids.insert(frame.id);
  return ids;
}

FreeIds::FreeIds(const Diagram& diagram) {
  for (const std::string_view id : ids_of(diagram)) taken_.emplace(id);
  take_keys(diagram, taken_);
}

std::string FreeIds::take(std::string_view stem) {
  std::string base = to_id(stem);
  if (taken_.insert(base).second) return base;
  for (std::size_t& number = next_.try_emplace(base, 2).first->second;; ++number) {
    const std::string suffix = std::to_string(number);
    std::string id = base.substr(0, kMaxIdLength - suffix.size()) + suffix;
    if (taken_.insert(id).second) return id;
  }
}

}  // namespace feedline::inline graph
