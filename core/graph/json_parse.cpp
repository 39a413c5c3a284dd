// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/json_detail.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace feedline::inline graph::json {
namespace {

std::string place(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  return "line " + std::to_string(line) + ", column " + std::to_string(offset - start + 1);
}

/// Offset of the first bracket that opens a level too many. A scan of its own, before the parser builds anything.
std::optional<std::size_t> too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return i;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::nullopt;
}

/// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid
/// literal; last read: 'x'" -> "syntax error while parsing value - invalid literal". What was read last may be any
/// bytes.
std::string short_reason(std::string_view what) {
  if (const auto bracket = what.find("] "); bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
  if (const auto colon = what.find(": "); what.starts_with("parse error") && colon != std::string_view::npos)
    what.remove_prefix(colon + 2);
  what = what.substr(0, std::min(what.find("; last read"), what.find("; expected")));
  std::string reason(what);
  for (char& c : reason)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return reason;
}

tl::unexpected<Error> not_json(const std::string& where, const std::string& reason) {
  return fail("not valid JSON: " + where + ": " + reason, "Mend the file in a text editor");
}

/// Remembers the keys of every open object.
class DuplicateKeys {
 public:
  bool operator()(Tree::parse_event_t event, const Tree& parsed) {
    using Event = Tree::parse_event_t;
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key && !open_.back().insert(parsed.get<std::string>()).second && !first)
      first = parsed.get<std::string>();
    return true;
  }
  std::optional<std::string> first{};

 private:
  std::vector<std::set<std::string>> open_{};
};

void append_inline(const Tree& tree, std::string& text) {
  const auto scalar = [](const Tree& t) { return t.dump(-1, ' ', false, Tree::error_handler_t::replace); };
  if (tree.is_object()) {
    text += '{';
    bool first = true;
    for (const auto& [key, value] : tree.items()) {
      text += (first ? "" : ", ") + scalar(Tree(key)) + ": ";
      append_inline(value, text);
      first = false;
    }
    text += '}';
  } else if (tree.is_array()) {
    text += '[';
    for (std::size_t i = 0; i < tree.size(); ++i) {
      if (i > 0) text += ", ";
      append_inline(tree[i], text);
    }
    text += ']';
  } else {
    text += scalar(tree);
  }
}

}  // namespace

Result<Tree> parse(std::string_view text) {
  if (const auto at = too_deep(text))
    return not_json(place(text, *at), "nested deeper than " + std::to_string(kMaxDepth) + " levels");
  try {
    DuplicateKeys duplicates;
    Tree tree = Tree::parse(text.begin(), text.end(),
                            [&](int, Tree::parse_event_t event, Tree& parsed) { return duplicates(event, parsed); });
    if (duplicates.first) {
      const std::string key = inline_text(Tree(*duplicates.first));
      return fail("the key " + key + " stands twice in one object", "Remove one of the two");
    }
    return tree;
  } catch (const Tree::parse_error& e) {
    return not_json(place(text, e.byte > 0 ? e.byte - 1 : 0), short_reason(e.what()));
  } catch (const Tree::exception& e) {
    return fail("not valid JSON: " + short_reason(e.what()), "Mend the file in a text editor");
  }
}

std::string inline_text(const Tree& tree) {
  std::string text;
  append_inline(tree, text);
  return text;
}

}  // namespace feedline::inline graph::json
