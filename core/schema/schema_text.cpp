// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/csv.h"
#include "schema/several_labels.h"
#include "schema/tensor_desc.h"
#include "schema/value.h"

#include <array>
#include <charconv>

namespace feedline::inline schema {
namespace {

/// As it stands between commas: quoted where it is empty, has a comma or a quote, or has a blank at an end.
std::string quoted_item(const std::string& text) {
  const bool bare = !text.empty() && text.front() != ' ' && text.back() != ' ';
  const std::string field = csv_field(text);
  return bare || field.front() == '"' ? field : '"' + field + '"';
}

}  // namespace

std::string to_text(const Value& value) {
  struct Visitor {
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t i) const { return std::to_string(i); }
    std::string operator()(double d) const {
      std::array<char, 32> buffer{};
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), d).ptr;
      return {buffer.data(), end};
    }
    std::string operator()(const std::string& s) const { return s; }
    std::string operator()(const RawJson& json) const { return json.text; }
    std::string operator()(const ValueList& list) const {
      std::string text;
      for (const ListItem& item : list) text += (text.empty() ? "" : ", ") + quoted_item(std::visit(Visitor{}, item));
      return text;
    }
  };
  return std::visit(Visitor{}, value);
}

std::string to_text(const ListItem& item) {
  return std::visit([](const auto& held) { return to_text(Value(held)); }, item);
}

std::string_view name(DType type) {
  constexpr std::array<std::string_view, kDTypes> names = {"u8", "i32", "i64", "f32", "bool", "f16", "f64"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view name(Layout layout) {
  constexpr std::array<std::string_view, 3> names = {"", "HWC", "CHW"};
  return names[static_cast<std::size_t>(layout)];
}

std::string TensorDesc::text() const {
  if (kind->on_wire == WireText::Classes) {
    if (has_several_labels(*this)) return std::string(name(kind)) + ", any of " + shape.back().text() + " classes";
    const std::string count = !classes.known()     ? "classes unknown until the source is read"
                              : classes.size() > 0 ? classes.text() + " classes"
                                                   : "number";
    return std::string(name(kind)) + ", " + count;
  }
  if (!kind->sized) return std::string(name(kind));
  std::string dims;
  for (const Dim& dim : shape) dims += (dims.empty() ? "" : "×") + dim.text();
  std::string text = std::string(name(dtype)) + (dims.empty() ? "" : " " + dims);
  if (layout != Layout::None) text += " " + std::string(name(layout));
  return text;
}

bool TensorDesc::static_shape() const {
  for (const Dim& dim : shape)
    if (!dim.known()) return false;
  return true;
}

bool TensorDesc::bounded_shape() const {
  for (const Dim& dim : shape)
    if (!dim.bounded()) return false;
  return true;
}

bool TensorDesc::ragged() const {
  if (shape.empty() || shape.front().known() || !shape.front().bounded()) return false;
  for (std::size_t i = 1; i < shape.size(); ++i)
    if (!shape[i].known()) return false;
  return true;
}

std::int64_t TensorDesc::elements() const {
  std::int64_t count = 1;
  for (const Dim& dim : shape) count *= dim.most();
  return count;
}

}  // namespace feedline::inline schema
