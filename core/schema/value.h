// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace feedline::inline schema {

/// A JSON value that is neither a scalar nor a list of them (object, null, a list of lists) where a parameter stood.
/// Kept verbatim so that nothing is lost on saving; validation reports it.
struct RawJson {
  std::string text;
  bool operator==(const RawJson&) const = default;
};

/// One item of a list, and a list: columns, patterns, numbers.
using ListItem = std::variant<std::int64_t, double, std::string>;
using ValueList = std::vector<ListItem>;

/// A parameter's value. Choice, text, file and folder are strings; seed is an integer.
using Value = std::variant<bool, std::int64_t, double, std::string, RawJson, ValueList>;

/// The parameters that a node sets; those it does not name take the spec's default.
using ParamMap = std::map<std::string, Value, std::less<>>;

/// For people and for `--set`: true, 42, 0.5, text; a list as "image, label", items quoted as in CSV where they must
/// be.
[[nodiscard]] std::string to_text(const Value& value);
[[nodiscard]] std::string to_text(const ListItem& item);

}  // namespace feedline::inline schema
