// SPDX-License-Identifier: GPL-3.0-or-later
// Edits made of others, and what kind of change an edit is.
#include "graph/edit.h"

#include <algorithm>

namespace feedline::inline graph {

EditChange::EditChange() = default;
EditChange::EditChange(const EditChange&) = default;
EditChange::EditChange(EditChange&&) noexcept = default;
EditChange& EditChange::operator=(const EditChange&) = default;
EditChange& EditChange::operator=(EditChange&&) noexcept = default;
EditChange::~EditChange() = default;

Edit remove_nodes(const std::vector<std::string>& ids) {
  Edit::List list;
  for (const std::string& id : ids) list.push_back({RemoveNode{id}});
  return Edit{std::move(list)};
}

Edit within(const std::string& scope, Edit edit) {
  if (scope.empty()) return edit;
  Edit::List edits;
  if (auto* list = std::get_if<Edit::List>(&edit.change)) {
    edits = std::move(*list);
  } else {
    edits.push_back(std::move(edit));
  }
  return Edit{Within{scope, std::move(edits)}};
}

bool looks_only(const Edit& edit) {
  const auto all = [](const Edit::List& list) { return std::all_of(list.begin(), list.end(), &looks_only); };
  if (const auto* list = std::get_if<Edit::List>(&edit.change)) return all(*list);
  if (const auto* inside = std::get_if<Within>(&edit.change)) return all(inside->edits);
  const auto is = [&]<class... T>(std::variant<T...>*) { return (std::holds_alternative<T>(edit.change) || ...); };
  return is(static_cast<std::variant<SetWirePoints, MoveNodes, SetNodeComment, AddComment, RemoveComment, ChangeComment,
                                     AddFrame, RemoveFrame, ChangeFrame, SetTitle>*>(nullptr));
}

}  // namespace feedline::inline graph
