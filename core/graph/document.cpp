// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/document.h"

#include "graph/edit.h"
#include "graph/identifiers.h"

#include <algorithm>
#include <unordered_set>

namespace feedline {

const Node* Document::find(std::string_view id) const {
  const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.id == id; });
  return found == nodes_.end() ? nullptr : &*found;
}

const Comment* Document::find_comment(std::string_view id) const {
  const auto found = std::find_if(comments_.begin(), comments_.end(), [&](const Comment& c) { return c.id == id; });
  return found == comments_.end() ? nullptr : &*found;
}

const Link* Document::link_into(const PortRef& input) const {
  const auto found = std::find_if(links_.begin(), links_.end(), [&](const Link& l) { return l.to == input; });
  return found == links_.end() ? nullptr : &*found;
}

std::string Document::free_id(std::string_view stem) const {
  std::unordered_set<std::string_view> taken;
  for (const Node& node : nodes_) taken.insert(node.id);
  for (const Comment& comment : comments_) taken.insert(comment.id);

  const std::string base = to_id(stem);
  if (!taken.contains(base)) return base;
  for (std::size_t i = 2;; ++i) {
    const std::string suffix = std::to_string(i);
    std::string id = base.substr(0, kMaxIdLength - suffix.size()) + suffix;
    if (!taken.contains(id)) return id;
  }
}

}  // namespace feedline
