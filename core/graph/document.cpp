// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: every edit looks for its nodes here.
#include "graph/document.h"

#include "graph/edit.h"
#include "graph/free_ids.h"

#include <algorithm>

namespace feedline::inline graph {
namespace {

template <class T>
const T* find_in(const std::vector<T>& list, std::string_view id) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const T& t) { return t.id == id; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

Diagram::Diagram() = default;
Diagram::Diagram(const Diagram&) = default;
Diagram::Diagram(Diagram&&) noexcept = default;
Diagram& Diagram::operator=(const Diagram&) = default;
Diagram& Diagram::operator=(Diagram&&) noexcept = default;
Diagram::~Diagram() = default;

const std::vector<std::string>& frame_colors() {
  static const std::vector<std::string> names = {"grey", "blue", "teal", "green", "yellow", "orange", "red", "purple"};
  return names;
}

const Node* Diagram::find(std::string_view path) const {
  // In a flat document an id is a path itself.
  if (const Node* here = find_in(nodes_, path)) return here;
  const std::size_t slash = path.find('/');
  const Node* node = slash == std::string_view::npos ? nullptr : find_in(nodes_, path.substr(0, slash));
  return node != nullptr && node->inner ? node->inner->find(path.substr(slash + 1)) : nullptr;
}

const Comment* Diagram::find_comment(std::string_view id) const { return find_in(comments_, id); }

const Frame* Diagram::find_frame(std::string_view id) const { return find_in(frames_, id); }

const Link* Diagram::link_into(const PortRef& input) const {
  const auto found = std::find_if(links_.begin(), links_.end(), [&](const Link& l) { return l.to == input; });
  return found == links_.end() ? nullptr : &*found;
}

bool Diagram::has(std::string_view id) const {
  return find_in(nodes_, id) != nullptr || find_in(comments_, id) != nullptr || find_in(frames_, id) != nullptr;
}

const Diagram* Diagram::at(std::string_view scope) const {
  if (scope.empty()) return this;
  const Node* node = find(scope);
  return node != nullptr && node->inner ? &*node->inner : nullptr;
}

std::string Diagram::free_id(std::string_view stem) const { return FreeIds(*this).take(stem); }

}  // namespace feedline::inline graph
