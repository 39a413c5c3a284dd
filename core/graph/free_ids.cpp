// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/free_ids.h"

#include "graph/identifiers.h"

namespace feedline {

FreeIds::FreeIds(const Diagram& diagram) {
  taken_.reserve(2 * diagram.nodes().size());
  for (const Node& node : diagram.nodes()) taken_.insert(node.id);
  for (const Comment& comment : diagram.comments()) taken_.insert(comment.id);
  for (const Frame& frame : diagram.frames()) taken_.insert(frame.id);
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

}  // namespace feedline
