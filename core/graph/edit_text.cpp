// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"

#include <algorithm>
#include <string>

namespace feedline::inline graph {
namespace {

std::string count_text(std::string_view verb, std::size_t count, std::string_view noun) {
  return std::string(verb) + " " + std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

template <class T>
std::size_t count_of(const Edit::List& list) {
  return static_cast<std::size_t>(
      std::count_if(list.begin(), list.end(), [](const Edit& e) { return std::holds_alternative<T>(e.change); }));
}

struct Describe {
  std::string operator()(const Edit::List& list) const {
    if (list.empty()) return "Change nothing";
    if (list.size() == 1) return list.front().text();
    const std::size_t added = count_of<AddNode>(list);
    const std::size_t removed = count_of<RemoveNode>(list);
    if (added == 1 && removed > 0 && groups(list)) return count_text("Group", removed, "node");
    if (removed == 1 && added > 0) return "Ungroup " + removed_id(list);
    const std::size_t muted = count_of<SetMuted>(list);
    if (muted > 1 && muted == list.size())
      return count_text(std::get<SetMuted>(list.front().change).muted ? "Mute" : "Unmute", muted, "node");
    if (added > 1) return count_text("Add", added, "node");
    if (removed > 1) return count_text("Remove", removed, "node");
    // One node or a new wire is what the user did; the rest follows from it.
    for (const Edit& edit : list)
      if (std::holds_alternative<AddNode>(edit.change) || std::holds_alternative<RemoveNode>(edit.change))
        return edit.text();
    for (const Edit& edit : list)
      if (std::holds_alternative<AddLink>(edit.change)) return edit.text();
    return list.front().text();
  }
  /// Is the one node that the list adds a sub-graph?
  static bool groups(const Edit::List& list) {
    return std::any_of(list.begin(), list.end(), [](const Edit& e) {
      const auto* add = std::get_if<AddNode>(&e.change);
      return add != nullptr && add->node.inner;
    });
  }
  /// What the one RemoveNode of the list names.
  static std::string removed_id(const Edit::List& list) {
    const auto found = std::find_if(list.begin(), list.end(),
                                    [](const Edit& e) { return std::holds_alternative<RemoveNode>(e.change); });
    return std::get<RemoveNode>(found->change).id;
  }
  std::string operator()(const AddNode& e) const { return "Add " + e.node.id; }
  std::string operator()(const RemoveNode& e) const { return "Remove " + e.id; }
  std::string operator()(const AddLink& e) const { return "Connect " + e.link.from.text() + " to " + e.link.to.text(); }
  std::string operator()(const RemoveLink& e) const { return "Disconnect " + e.to.text(); }
  std::string operator()(const SetWirePoints& e) const { return "Lead the wire to " + e.to.text(); }
  std::string operator()(const SetMuted& e) const { return (e.muted ? "Mute " : "Unmute ") + e.node; }
  std::string operator()(const SetParam& e) const { return (e.value ? "Set " : "Reset ") + e.node + "." + e.param; }
  std::string operator()(const MoveNodes& e) const {
    return e.to.size() == 1 ? "Move " + e.to.front().first : count_text("Move", e.to.size(), "node");
  }
  std::string operator()(const RenameNode& e) const { return "Rename " + e.from + " to " + e.to; }
  std::string operator()(const SetNodeComment& e) const { return "Comment on " + e.node; }
  std::string operator()(const AddComment&) const { return "Add comment"; }
  std::string operator()(const RemoveComment&) const { return "Remove comment"; }
  std::string operator()(const ChangeComment&) const { return "Change comment"; }
  std::string operator()(const AddFrame&) const { return "Add frame"; }
  std::string operator()(const RemoveFrame&) const { return "Remove frame"; }
  std::string operator()(const ChangeFrame&) const { return "Change frame"; }
  std::string operator()(const Within& e) const { return (*this)(e.edits); }
  std::string operator()(const SetTitle&) const { return "Change title"; }
  std::string operator()(const SetOrigin& e) const {
    return (e.origin ? "Save as a node: " : "Take off its file: ") + e.node;
  }
  std::string operator()(const SetInside& e) const {
    return (e.origin ? "Update from its file: " : "Replace what is in ") + e.node;
  }
};

}  // namespace

std::string Edit::text() const { return std::visit(Describe{}, change); }

}  // namespace feedline::inline graph
