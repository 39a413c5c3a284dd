// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit_story.h"

#include "graph/path.h"

#include <algorithm>
#include <optional>

namespace feedline::inline graph {
namespace {

constexpr std::size_t kLongest = 28;
constexpr std::string_view kArrow = " → ";

bool collect(const Edit& edit, const std::string& scope, std::vector<SetParam>& sets) {
  if (const auto* set = std::get_if<SetParam>(&edit.change)) {
    sets.push_back(*set);
    sets.back().node = join_path(scope, set->node);
    return true;
  }
  const auto* list = std::get_if<Edit::List>(&edit.change);
  std::string inside = scope;
  if (const auto* within = std::get_if<Within>(&edit.change)) {
    list = &within->edits;
    inside = join_path(scope, within->scope);
  }
  return list != nullptr &&
         std::all_of(list->begin(), list->end(), [&](const Edit& one) { return collect(one, inside, sets); });
}

/// Is this byte in the middle of a letter?
bool inside_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Its beginning, or, of a path, its end.
std::string shortened(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= kLongest) return text;
  if (text.find('/') != std::string::npos) {
    std::size_t from = text.size() - kLongest;
    while (from < text.size() && inside_letter(text[from])) ++from;
    return "…" + text.substr(from);
  }
  std::size_t to = kLongest;
  while (to > 0 && inside_letter(text[to])) --to;
  return text.substr(0, to) + "…";
}

std::string quoted(const std::string& text) { return "“" + shortened(text) + "”"; }

std::string value_text(const Value& value) {
  if (const bool* on = std::get_if<bool>(&value)) return *on ? "on" : "off";
  const std::string text = to_text(value);
  return text.empty() ? "empty" : shortened(text);
}

/// What the parameter is with this value set, or with none.
std::string state_text(const SetParam& set, const Document& document, const Registry& registry) {
  if (set.value) return value_text(*set.value);
  const Node* node = document.find(set.node);
  const NodeSpec* spec = node == nullptr ? nullptr : registry.find(node->type);
  const ParamSpec* param = spec == nullptr ? nullptr : spec->param(set.param);
  return param == nullptr ? "unset" : value_text(param->default_value);
}

std::string change_text(const std::string& before, const std::string& after, bool reset) {
  return " " + before + std::string(kArrow) + after + (reset ? " (default)" : "");
}

std::optional<std::string> tell_sets(const std::vector<SetParam>& now, const std::vector<SetParam>& then,
                                     const Document& document, const Registry& registry) {
  if (now.empty() || then.size() != now.size()) return std::nullopt;
  std::string before;
  std::string after;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const SetParam& set = now[i];
    const auto old = std::find_if(then.begin(), then.end(),
                                  [&](const SetParam& one) { return one.node == set.node && one.param == set.param; });
    if (set.param != now.front().param || old == then.end()) return std::nullopt;
    const std::string was = state_text(*old, document, registry);
    const std::string is = state_text(set, document, registry);
    before = i == 0 || before == was ? was : "mixed";
    after = i == 0 || after == is ? is : "mixed";
  }
  const bool reset = std::none_of(now.begin(), now.end(), [](const SetParam& set) { return set.value.has_value(); });
  if (now.size() == 1) return now.front().node + "." + now.front().param + change_text(before, after, reset);
  return now.front().param + " of " + std::to_string(now.size()) + " nodes" + change_text(before, after, reset);
}

/// Notes and frames are changed as a whole; what differs says what was done.
std::optional<std::string> tell_look(const Edit& edit, const Edit& inverse) {
  if (const auto* now = std::get_if<ChangeComment>(&edit.change)) {
    const auto* then = std::get_if<ChangeComment>(&inverse.change);
    if (then == nullptr) return std::nullopt;
    if (now->comment.text != then->comment.text) return "Note " + quoted(now->comment.text);
    return (now->comment.position == then->comment.position ? "Resize note " : "Move note ") +
           quoted(now->comment.text);
  }
  if (const auto* now = std::get_if<ChangeFrame>(&edit.change)) {
    const auto* then = std::get_if<ChangeFrame>(&inverse.change);
    if (then == nullptr) return std::nullopt;
    if (now->frame.title != then->frame.title)
      return "Frame " + quoted(then->frame.title) + std::string(kArrow) + quoted(now->frame.title);
    if (now->frame.color != then->frame.color)
      return "Colour of frame " + quoted(now->frame.title) + change_text(then->frame.color, now->frame.color, false);
    return (now->frame.position == then->frame.position ? "Resize frame " : "Move frame ") + quoted(now->frame.title);
  }
  if (const auto* now = std::get_if<SetTitle>(&edit.change)) {
    const auto* then = std::get_if<SetTitle>(&inverse.change);
    return "Title " + (then == nullptr ? std::string() : quoted(then->title) + std::string(kArrow)) +
           quoted(now->title);
  }
  if (const auto* now = std::get_if<SetNodeComment>(&edit.change))
    return "Comment on " + now->node + (now->text.empty() ? " removed" : " " + quoted(now->text));
  if (const auto* now = std::get_if<AddComment>(&edit.change)) return "Add note " + quoted(now->comment.text);
  return std::nullopt;
}

/// The one edit inside scopes and lists of one.
const Edit& core_of(const Edit& edit) {
  const auto* list = std::get_if<Edit::List>(&edit.change);
  if (const auto* within = std::get_if<Within>(&edit.change)) list = &within->edits;
  return list != nullptr && list->size() == 1 ? core_of(list->front()) : edit;
}

}  // namespace

std::vector<SetParam> sets_of(const Edit& edit) {
  std::vector<SetParam> sets;
  if (!collect(edit, {}, sets)) sets.clear();
  return sets;
}

std::string tell_edit(const Edit& edit, const Edit& inverse, const Document& document, const Registry& registry) {
  if (const auto sets = tell_sets(sets_of(edit), sets_of(inverse), document, registry)) return *sets;
  if (const auto look = tell_look(core_of(edit), core_of(inverse))) return *look;
  return edit.text();
}

}  // namespace feedline::inline graph
