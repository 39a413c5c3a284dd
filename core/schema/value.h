// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace feedline {

/// A JSON value that is no scalar (array, object, null) where a parameter stood. Kept verbatim so that nothing is lost
/// on saving; validation reports it.
struct RawJson {
  std::string text;
  bool operator==(const RawJson&) const = default;
};

/// A parameter's value. Choice, text, file and folder are strings; seed is an integer.
using Value = std::variant<bool, std::int64_t, double, std::string, RawJson>;

/// The parameters that a node sets; those it does not name take the spec's default.
using ParamMap = std::map<std::string, Value, std::less<>>;

/// For people and for `--set`: true, 42, 0.5, text.
[[nodiscard]] std::string to_text(const Value& value);

}  // namespace feedline
